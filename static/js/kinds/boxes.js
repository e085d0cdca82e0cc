// Draw boxes around things on a picture: by pointer or finger, or by keys alone.

import { find, findAll, icon, make } from "../dom.js";
import { count } from "../format.js";
import { pictureAddress } from "../row.js";
import { word } from "../words.js";
import { HANDLES, areaOf, between, holds, moved, pulled } from "./box.js";
import { changed, errorFor, group, keyAt } from "./parts.js";
import { Picture, SAMPLE } from "./picture.js";

const SLIP = 4; // pixels of the screen: what is smaller was a press, not a box
const STEPS = 100; // a key moves by so small a part of the picture
const NEW = 0.25; // a box made by key takes so much of either side
const COLOURS = 8;
const MOST_UNDONE = 100;

export function boxes(question, id, form) {
  return new Boxes(question, id, form).control;
}

class Boxes {
  constructor(question, id, form) {
    this.question = question;
    this.form = form;
    this.labels = new Map(question.labels.map(({ value, label }, place) => [value, { label, colour: place % COLOURS }]));
    this.label = question.labels[0].value;
    this.boxes = [];
    this.chosen = -1;
    this.past = [];
    this.future = [];
    const column = question.column || form.schema.display?.find(({ as }) => as === "image")?.field;
    const address = form.row ? pictureAddress(form.row[column] ?? "") : SAMPLE;
    this.picture = new Picture(address, question.title || question.name, () => this.show());
    this.palette = make("div", { class: "choices choices-row", role: "group", "aria-label": word("spans.labels") });
    this.list = make("ol", { class: "marks" });
    const error = errorFor(id);
    this.control = {
      element: group(question, id, error, make("p", { class: "help" }, word("boxes.how")), this.palette, this.list),
      error,
      stage: { columns: column ? [column] : [], element: this.picture.element },
      focus: () => this.picture.layer.focus(),
      read: () => this.read(),
      write: (value) => this.write(value),
      press: (digit) => this.press(digit),
      fault: () => this.fault(),
      inWords: (value) => this.inWords(value),
    };
    question.labels.forEach(({ value, label }, place) => this.addLabel(value, label, place));
    this.listen();
    this.show();
  }

  addLabel(value, label, place) {
    const swatch = make("span", { class: "swatch", "data-colour": place % COLOURS, "aria-hidden": "true" });
    const button = make("button", { type: "button", class: "choice", "data-value": value }, swatch, make("span", { dir: "auto" }, label), keyAt(place));
    button.addEventListener("click", () => this.take(value));
    this.palette.append(button);
  }

  // --- the answer ----------------------------------------------------------------------------

  read() {
    const { size } = this.picture;
    return size ? { width: size.width, height: size.height, regions: this.boxes.map((box) => ({ ...box })) } : null;
  }

  write(value) {
    this.boxes = (value?.regions ?? []).map((region) => ({ ...region }));
    this.chosen = -1;
    this.past = [];
    this.show();
  }

  fault() {
    const { min = 0, max = Infinity, required_labels: needed = [] } = this.question;
    if (this.picture.failed) return word("row.picture_failed");
    if (!this.picture.size) return word("boxes.loading");
    if (this.boxes.length < min) return word("fault.mark_at_least", { count: min });
    if (this.boxes.length > max) return word("fault.mark_at_most", { count: max });
    const missing = needed.find((label) => !this.boxes.some((box) => box.label === label));
    return missing ? word("fault.mark_required", { label: this.nameOf(missing) }) : "";
  }

  inWords(value) {
    const told = [...this.labels.keys()].map((label) => [value.regions.filter((each) => each.label === label).length, this.nameOf(label)]);
    return told.filter(([n]) => n).map(([n, name]) => `${count(n)} × ${name}`).join(", ") || word("spans.none");
  }

  nameOf(label) {
    return this.labels.get(label)?.label ?? label;
  }

  // --- acts ----------------------------------------------------------------------------------

  /** Draw with this label from now on; a chosen box gets it. */
  take(label) {
    this.label = label;
    if (this.chosen >= 0) this.change(this.chosen, { ...this.boxes[this.chosen], label });
    else this.show();
    this.picture.layer.focus();
  }

  press(digit) {
    const chosen = this.question.labels[digit - 1];
    if (chosen) this.take(chosen.value);
    return Boolean(chosen);
  }

  keep() {
    this.past = [...this.past.slice(1 - MOST_UNDONE), this.boxes];
    this.future = [];
  }

  add(box) {
    this.keep();
    this.boxes = [...this.boxes, { label: this.label, ...box }];
    this.settle(this.boxes.length - 1);
  }

  change(place, box) {
    this.keep();
    this.boxes = this.boxes.map((each, at) => (at === place ? box : each));
    this.settle(place);
  }

  remove(place) {
    this.keep();
    this.boxes = this.boxes.filter((_, at) => at !== place);
    this.settle(-1);
  }

  undo(from, to) {
    if (!from.length) return;
    to.push(this.boxes);
    this.boxes = from.pop();
    this.settle(-1);
  }

  settle(chosen) {
    this.chosen = chosen;
    this.show();
    changed(this.form, this.question);
  }

  // --- pointer and keys ----------------------------------------------------------------------

  listen() {
    const { layer } = this.picture;
    layer.addEventListener("pointerdown", (event) => this.begin(event));
    layer.addEventListener("pointermove", (event) => this.drag && this.follow(event));
    layer.addEventListener("pointerup", (event) => this.drag && this.finish(event));
    layer.addEventListener("pointercancel", () => this.abandon());
    layer.addEventListener("keydown", (event) => this.key(event));
  }

  /** A handle pulls, the chosen box moves; anywhere else a new box begins, or the press chooses one. */
  begin(event) {
    if (!this.picture.size || event.button) return;
    const start = this.picture.at(event);
    const own = this.boxes[this.chosen];
    const handle = event.target.closest(".box-handle")?.dataset.handle;
    const mode = handle ? "pull" : own && holds(own, start) ? "move" : "draw";
    this.drag = { mode, start, own, handle: handle && HANDLES[Number(handle)], at: [event.clientX, event.clientY] };
    this.picture.layer.setPointerCapture(event.pointerId);
  }

  draft(event) {
    const { mode, start, own, handle } = this.drag;
    const here = this.picture.at(event);
    if (mode === "draw") return { label: this.label, ...between(start, here) };
    const [dx, dy] = [here.x - start.x, here.y - start.y];
    return mode === "move" ? moved(own, dx, dy, this.picture.size) : pulled(own, handle, dx, dy, this.picture.size);
  }

  follow(event) {
    this.show(this.draft(event));
  }

  finish(event) {
    const [x, y] = this.drag.at;
    const slip = Math.hypot(event.clientX - x, event.clientY - y) < SLIP;
    const { mode, start } = this.drag;
    const box = this.draft(event);
    this.drag = null;
    if (slip) this.choose(start);
    else if (mode !== "draw") this.change(this.chosen, box);
    else if (Math.min(box.width, box.height) >= Math.max(1, this.picture.grain)) this.add(box);
    else this.show();
  }

  abandon() {
    this.drag = null;
    this.show();
  }

  /** The smallest box here; pressed again, none. */
  choose(point) {
    const here = this.boxes.filter((box) => holds(box, point)).sort((a, b) => areaOf(a) - areaOf(b))[0];
    const place = here ? this.boxes.indexOf(here) : -1;
    this.chosen = place === this.chosen ? -1 : place;
    this.show();
  }

  key(event) {
    const { size } = this.picture;
    if (!size || event.altKey) return;
    const own = this.boxes[this.chosen];
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "z") event.shiftKey ? this.undo(this.future, this.past) : this.undo(this.past, this.future);
    else if (command) return;
    else if (event.key === "n") this.add({ x: size.width * (0.5 - NEW / 2), y: size.height * (0.5 - NEW / 2), width: size.width * NEW, height: size.height * NEW });
    else if ((event.key === "Delete" || event.key === "Backspace") && own) this.remove(this.chosen);
    else if (event.key === "Escape" && own) this.settle(-1);
    else if (event.key === "]" || event.key === "[") this.next(event.key === "]" ? 1 : -1);
    else if (event.key === "+" || event.key === "-") this.picture.zoom(this.picture.closer * (event.key === "+" ? 1.5 : 1 / 1.5));
    else if (step && own) this.nudge(own, step, event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  next(by) {
    const { length } = this.boxes;
    this.chosen = length ? (this.chosen + by + length) % length : -1;
    this.show();
  }

  /** Arrow keys move; with Shift they pull the far corner. */
  nudge(own, [x, y], pull) {
    const { size } = this.picture;
    const [dx, dy] = [(x * size.width) / STEPS, (y * size.height) / STEPS];
    this.change(this.chosen, pull ? pulled(own, { x: 1, y: 1 }, dx, dy, size) : moved(own, dx, dy, size));
  }

  // --- the eye -------------------------------------------------------------------------------

  /** Everything as it is; `draft` stands for the box that is being drawn, moved or pulled. */
  show(draft = null) {
    for (const button of findAll("button", this.palette)) button.setAttribute("aria-pressed", String(button.dataset.value === this.label));
    const { size, layer } = this.picture;
    if (size) {
      const isNew = draft && this.drag?.mode === "draw";
      const shown = this.boxes.map((box, place) => this.draw(draft && !isNew && place === this.chosen ? draft : box, place === this.chosen, size));
      layer.replaceChildren(...shown, ...(isNew ? [this.draw(draft, false, size)] : []));
    }
    if (!draft) this.list.replaceChildren(...this.boxes.map((box, place) => this.entry(box, place)));
  }

  draw(box, chosen, size) {
    const element = make("div", { class: "box", "data-colour": this.labels.get(box.label)?.colour ?? 0, "data-chosen": chosen });
    const share = (value, whole) => `${(100 * value) / whole}%`;
    Object.assign(element.style, { left: share(box.x, size.width), top: share(box.y, size.height), width: share(box.width, size.width), height: share(box.height, size.height) });
    element.append(make("span", { class: "box-label", "aria-hidden": "true", "data-label": this.nameOf(box.label) }));
    if (chosen) element.append(...HANDLES.map(({ x, y }, place) => make("i", { class: "box-handle", "data-handle": place, "data-x": x, "data-y": y })));
    return element;
  }

  entry(box, place) {
    const swatch = make("span", { class: "swatch", "data-colour": this.labels.get(box.label)?.colour ?? 0, "aria-hidden": "true" });
    const words = word("boxes.size", { label: this.nameOf(box.label), width: count(Math.round(box.width)), height: count(Math.round(box.height)) });
    const pick = make("button", { type: "button", class: "button-link", "aria-pressed": String(place === this.chosen) }, words);
    pick.addEventListener("click", () => {
      this.chosen = place;
      this.show();
      this.picture.layer.focus();
    });
    const gone = make("button", { type: "button", class: "button plain small" }, icon("wrong"), make("span", { class: "sr" }, word("boxes.remove", { n: place + 1, label: this.nameOf(box.label) })));
    gone.addEventListener("click", () => {
      this.remove(place);
      (find("button", this.list) || this.picture.layer).focus();
    });
    return make("li", {}, swatch, make("span", {}, pick), gone);
  }
}
