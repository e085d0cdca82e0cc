// A row as the schema says it is shown. Everything from the data is text; addresses are checked before use.

import { make } from "./dom.js";
import { word } from "./words.js";

/**
 * Draw `data` into a new element, by `schema.display`, or every field as text where it is empty. A stage of the
 * questions, `{columns, element}`, stands where the first of its columns would, and for all of them; last where the
 * schema gives no order.
 */
export function drawRow(data, schema, stages = []) {
  const box = make("div", { class: "shown" });
  const listed = schema.display?.length ? schema.display : Object.keys(data).map((field) => ({ field, as: "text" }));
  const staged = new Set(stages.flatMap(({ columns }) => columns));
  // A single column needs no label above it: there is nothing to tell it from.
  const labelled = listed.length > 1;
  for (const { field, as } of listed) {
    const stage = schema.display?.length ? stages.find(({ columns }) => columns.includes(field)) : null;
    if (stage && !box.contains(stage.element)) box.append(stage.element);
    if (staged.has(field) || data[field] === undefined || data[field] === null || data[field] === "") continue;
    box.append(drawField(field, asText(data[field]), as || "text", labelled));
  }
  for (const { element } of stages) if (!box.contains(element)) box.append(element);
  if (!box.children.length) box.append(make("p", { class: "quiet" }, word("row.empty")));
  return box;
}

/** One value as the schema has it shown. */
export function drawValue(value, field, as) {
  return drawField(field, value, as, false);
}

/** Addresses of the pictures in a row, to fetch them before the row is shown. */
export function picturesOf(data, schema) {
  const shown = (schema.display || []).filter(({ as }) => as === "image").map(({ field }) => field);
  const marked = schema.questions.filter(({ kind }) => kind === "boxes").map(({ column }) => column);
  const addresses = [...new Set([...shown, ...marked])].map((field) => pictureAddress(data[field] ?? ""));
  return addresses.filter(Boolean);
}

/** A value as the words a person reads: lists by commas, objects as JSON. */
export function asText(value) {
  if (Array.isArray(value)) return value.map(asText).join(", ");
  if (value !== null && typeof value === "object") return JSON.stringify(value, null, 2);
  return String(value);
}

function drawField(field, value, as, labelled) {
  const part = make("div", { class: "shown-field" });
  const drawer = DRAWERS[as] || DRAWERS.text;
  if (labelled && as !== "heading") part.append(make("p", { class: "shown-label" }, field));
  part.append(drawer(value, field, part));
  return part;
}

const DRAWERS = {
  text: (value) => make("p", { class: "shown-text", dir: "auto" }, value),
  heading: (value) => make("p", { class: "shown-heading", dir: "auto" }, value),
  quote: (value) => make("blockquote", { class: "shown-quote", dir: "auto" }, value),
  link(value) {
    const address = safeAddress(value);
    if (!address) return DRAWERS.text(value);
    const link = make("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, value);
    return make("p", { class: "shown-link" }, link);
  },
  image(value, field, part) {
    const address = pictureAddress(value);
    if (!address) return DRAWERS.text(value);
    const image = make("img", { src: address, alt: field, decoding: "async", referrerpolicy: "no-referrer" });
    const failed = make("p", { class: "quiet", hidden: true }, word("row.picture_failed"));
    image.addEventListener("error", () => {
      part.classList.add("broken");
      failed.hidden = false;
    });
    part.append(failed);
    const frame = make("div", { class: "shown-image" }, image);
    image.addEventListener("error", () => frame.classList.add("broken"));
    return frame;
  },
};

/** As safeAddress, and pictures written out in the data itself; an <img> runs no script whatever it holds. */
export function pictureAddress(value) {
  return /^data:image\//i.test(String(value)) ? String(value) : safeAddress(value);
}

/** An http(s) or same-site address, or null: data may hold javascript: and worse. */
function safeAddress(value) {
  try {
    const address = new URL(String(value), location.origin);
    return ["http:", "https:"].includes(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}
