// What the controls of all kinds are made of: title, help, the place for a fault, lists of options with their keys.

import { findAll, make } from "../dom.js";
import { word } from "../words.js";

const DIGITS = 9;
const KEYPAD_ABOVE = 5;
const TINY = 3;
const SHORT = 14;

export const titleOf = (question) => question.title || question.name;

export function helpOf(question, id) {
  const optional = question.required === false ? word("question.optional") : "";
  const text = [question.help, optional].filter(Boolean).join(" ");
  return text ? make("p", { class: "help", id: `${id}h` }, text) : "";
}

export const errorFor = (id) => make("p", { class: "question-error", id: `${id}e` });

export const isEmpty = (value) => value === null || value === "" || (Array.isArray(value) && value.length === 0);

/** The digit that stands for a place in a list, "" beyond the ninth. */
export const keyAt = (place) =>
  place < DIGITS ? make("kbd", { class: "keyboard-only", "aria-hidden": "true" }, String(place + 1)) : "";

/** A group of parts under the question's title, which screen readers tell with each of them. */
export function group(question, id, error, ...parts) {
  return make("fieldset", { class: "question" }, make("legend", {}, titleOf(question)), helpOf(question, id), ...parts, error);
}

/** The answer changed: an old fault goes, and whoever shows the form is told. */
export function changed(form, question) {
  form.showFault(question.name, "");
  form.onChange(question.name);
}

/** How the options stand: in one column, or side by side where they are many and short. */
function shapeOf(options) {
  const longest = Math.max(...options.map((option) => option.label.length));
  if (options.length > KEYPAD_ABOVE && longest <= TINY) return "choices-tiny";
  return options.length > KEYPAD_ABOVE - 2 && longest <= SHORT ? "choices-short" : "";
}

/** Options as native radio buttons or check boxes, each with its digit; a control without read and write. */
export function drawOptions(question, id, form, type, { shape = shapeOf(question.options), keys = true } = {}) {
  const error = errorFor(id);
  const list = make("div", { class: `choices ${shape}` });
  question.options.forEach(({ value, label, note }, place) => {
    const input = make("input", { type, name: id, value, "aria-describedby": `${id}e` });
    const text = make("span", { dir: "auto" }, label, note ? make("small", {}, note) : "");
    list.append(make("label", { class: "choice" }, input, text, keys ? keyAt(place) : ""));
  });
  list.addEventListener("change", () => changed(form, question));
  const inputs = () => findAll("input", list);
  return {
    element: group(question, id, error, list),
    error,
    inputs,
    focus: () => (inputs().find((input) => input.checked) || inputs()[0]).focus(),
  };
}

/** One of several: a press or a tap chooses and goes on; arrow keys only walk over the options. */
export function drawOneOf(question, id, form, how = {}) {
  const control = drawOptions(question, id, form, "radio", how);
  const pick = (byHand) => {
    form.onPick(question.name, byHand);
    if (byHand) form.advance(control);
  };
  // A pointer's click has a detail above 0; arrow keys click too, with 0, and must not submit.
  control.element.addEventListener("click", (event) => {
    if (event.target instanceof HTMLInputElement && event.detail > 0) pick(true);
    else if (event.target.closest?.(".choice") && event.detail > 0) control.byPointer = true;
    else if (control.byPointer && event.target instanceof HTMLInputElement) pick(true);
    if (event.target instanceof HTMLInputElement) control.byPointer = false;
  });
  control.oneChoice = true;
  control.read = () => control.inputs().find((input) => input.checked)?.value ?? null;
  control.write = (value) => {
    for (const input of control.inputs()) input.checked = input.value === String(value);
  };
  /** Choose by hand; true where there is such an option. */
  control.choose = (input) => {
    if (!input) return false;
    input.checked = true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.focus({ preventScroll: false });
    pick(true);
    return true;
  };
  control.press = (digit) => control.choose(control.inputs()[digit - 1]);
  return control;
}
