// Give a number, as one writes it: with a decimal point or comma.

import { make } from "../dom.js";
import { word } from "../words.js";
import { changed, errorFor, helpOf, titleOf } from "./parts.js";

const PLAIN = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const SLACK = 1e-9;

export function number(question, id, form) {
  const input = make("input", { class: "control", id, type: "text", inputmode: inputMode(question), autocomplete: "off", enterkeyhint: "send", "aria-describedby": `${id}e ${id}u` });
  const error = errorFor(id);
  const unit = question.unit ? make("span", { class: "number-unit", id: `${id}u` }, question.unit) : "";
  const title = make("label", { for: id }, titleOf(question));
  const element = make("div", { class: "question" }, title, helpOf(question, id), make("div", { class: "number" }, input, unit), error);
  input.addEventListener("input", () => changed(form, question));
  return {
    element,
    error,
    focus: () => input.focus(),
    read: () => (input.value.trim() ? readNumber(input.value) : null),
    write: (value) => {
      input.value = value ?? "";
    },
    fault: (value) => faultOf(value, question),
    inWords: (value) => (question.unit ? `${value} ${question.unit}` : String(value)),
  };
}

/** The number that was written; NaN for what is none. Spaces between thousands and a decimal comma are usual. */
export function readNumber(written) {
  const plain = written.trim().replace(/[\s'’]/g, "").replace(",", ".");
  return PLAIN.test(plain) ? Number(plain) : NaN;
}

function faultOf(value, { min, max, step }) {
  if (value === null) return null;
  if (!Number.isFinite(value)) return word("fault.not_a_number");
  if (min !== null && min !== undefined && value < min) return word("fault.too_small", { min });
  if (max !== null && max !== undefined && value > max) return word("fault.too_large", { max });
  const steps = step ? (value - (min ?? 0)) / step : 0;
  if (Math.abs(steps - Math.round(steps)) <= SLACK * Math.max(1, Math.abs(steps))) return null;
  return step === 1 && Number.isInteger(min ?? 0) ? word("fault.whole") : word("fault.off_step", { step, from: min ?? 0 });
}

/** Phones show digits alone only where no sign is wanted. */
const inputMode = ({ min, step }) => (min >= 0 ? (Number.isInteger(step) ? "numeric" : "decimal") : "text");
