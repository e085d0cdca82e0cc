// The questions of a schema as controls: one drawer per kind, the same for worker, expert and preview.

import { findAll, make } from "./dom.js";
import { word } from "./words.js";

const DIGITS = 9;
const KEYPAD_ABOVE = 5;
const TINY = 3;
const SHORT = 14;
let forms = 0;

/** Draws all questions and reads them back as one answer. */
export class QuestionForm {
  /**
   * `onChange(name)` runs after each change; `onPick(name, byHand)` after a single choice was made, byHand telling a
   * key press or tap from an arrow key that merely walks over the options.
   */
  constructor(schema, { answer = {}, onChange = () => {}, onPick = () => {} } = {}) {
    forms += 1;
    this.schema = schema;
    this.prefix = `f${forms}`;
    this.onChange = onChange;
    this.onPick = onPick;
    this.element = make("div", { class: "questions" });
    this.controls = schema.questions.map(inFull).map((question, place) => {
      const drawer = DRAWERS[question.kind];
      if (!drawer) throw new Error(`no drawer for the kind ${question.kind}`);
      const control = drawer(question, `${this.prefix}q${place}`, this);
      control.question = question;
      if (answer[question.name] !== undefined) control.write(answer[question.name]);
      this.element.append(control.element);
      return control;
    });
  }

  /** The answer as sent: question to value, unanswered ones left out. */
  get answer() {
    const answer = {};
    for (const control of this.controls) {
      const value = control.read();
      if (value !== null && value !== "") answer[control.question.name] = value;
    }
    return answer;
  }

  set answer(answer) {
    for (const control of this.controls) control.write(answer[control.question.name] ?? null);
  }

  /** True when one press answers everything. */
  get oneChoice() {
    return this.controls.length === 1 && this.schema.questions[0].kind === "choice";
  }

  /** Show what is missing; true when the answer can be sent. Moves the focus to the first gap. */
  check() {
    let first = null;
    for (const control of this.controls) {
      const fault = faultOf(control);
      this.showFault(control.question.name, fault);
      if (fault && !first) first = control;
    }
    first?.focus();
    return !first;
  }

  /** Show a fault at a question, or take it away with "". */
  showFault(name, message) {
    const control = this.controls.find((each) => each.question.name === name) || this.controls[0];
    control.error.textContent = message || "";
    control.element.toggleAttribute("data-faulty", Boolean(message));
    for (const input of findAll("input, textarea", control.element)) {
      if (message) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }

  /** A digit 1-9: goes to the question that has the focus, else to the first open one. True when it was used. */
  press(digit) {
    const control = this.current();
    return Boolean(control?.press?.(digit));
  }

  /** Put the focus where the next key is expected. */
  focus() {
    (this.current() || this.controls[0]).focus();
  }

  current() {
    const focused = this.controls.find((control) => control.element.contains(document.activeElement));
    const choosing = this.controls.filter((control) => control.press);
    if (focused?.press) return focused;
    return choosing.find((control) => isEmpty(control.read())) || choosing.at(-1) || this.controls[0];
  }

  /** After a choice among several questions: go on to the next open one. */
  advance(from) {
    const next = this.controls.slice(this.controls.indexOf(from) + 1).find((control) => isEmpty(control.read()));
    next?.focus();
  }
}

/** A question as its owner wrote it may list bare values; drawn are value and label. */
function inFull(question) {
  if (!question.options) return question;
  const options = question.options.map((option) => {
    const { value, label } = typeof option === "object" ? option : { value: option };
    return { value: String(value), label: String(label ?? value) };
  });
  return { ...question, options };
}

const isEmpty = (value) => value === null || value === "" || (Array.isArray(value) && value.length === 0);

function faultOf({ question, read }) {
  const value = read();
  if (question.kind === "choices") {
    const picked = value?.length || 0;
    if (!picked && question.required === false) return "";
    if (picked < (question.min ?? 0)) return word("fault.at_least", { count: question.min });
    if (picked > (question.max ?? Infinity)) return word("fault.at_most", { count: question.max });
    return "";
  }
  if (isEmpty(value)) return question.required === false ? "" : word("fault.missing");
  if (question.kind === "text" && [...value].length < (question.min_length ?? 0)) {
    return word("fault.too_short", { count: question.min_length });
  }
  return "";
}

/** How the options stand: in one column, or side by side where they are many and short. */
function shapeOf(options) {
  const longest = Math.max(...options.map((option) => option.label.length));
  if (options.length > KEYPAD_ABOVE && longest <= TINY) return "choices-tiny";
  return options.length > KEYPAD_ABOVE - 2 && longest <= SHORT ? "choices-short" : "";
}

function drawOptions(question, id, form, type) {
  const error = make("p", { class: "question-error", id: `${id}e` });
  const list = make("div", { class: `choices ${shapeOf(question.options)}` });
  const control = { error, focus: () => (findAll("input:checked", list)[0] || findAll("input", list)[0]).focus() };
  question.options.forEach((option, place) => {
    const input = make("input", { type, name: id, value: option.value, "aria-describedby": `${id}e` });
    const key = place < DIGITS ? make("kbd", { class: "keyboard-only", "aria-hidden": "true" }, String(place + 1)) : "";
    list.append(make("label", { class: "choice" }, input, make("span", { dir: "auto" }, option.label), key));
  });
  const title = make("legend", {}, question.title || question.name);
  control.element = make("fieldset", { class: "question" }, title, helpOf(question, id), list, error);
  list.addEventListener("change", () => {
    form.showFault(question.name, "");
    form.onChange(question.name);
  });
  control.inputs = () => findAll("input", list);
  return control;
}

const DRAWERS = {
  choice(question, id, form) {
    const control = drawOptions(question, id, form, "radio");
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
    control.read = () => control.inputs().find((input) => input.checked)?.value ?? null;
    control.write = (value) => {
      for (const input of control.inputs()) input.checked = input.value === String(value);
    };
    control.press = (digit) => {
      const input = control.inputs()[digit - 1];
      if (!input) return false;
      input.checked = true;
      input.dispatchEvent(new Event("change", { bubbles: true }));
      input.focus({ preventScroll: false });
      pick(true);
      return true;
    };
    return control;
  },

  choices(question, id, form) {
    const control = drawOptions(question, id, form, "checkbox");
    control.read = () => {
      const picked = control.inputs().filter((input) => input.checked).map((input) => input.value);
      // "None of these" is an answer where the question allows it.
      const noneIsAnAnswer = question.required !== false && (question.min ?? 0) === 0;
      return picked.length || noneIsAnAnswer ? picked : null;
    };
    control.write = (value) => {
      const picked = (Array.isArray(value) ? value : []).map(String);
      for (const input of control.inputs()) input.checked = picked.includes(input.value);
    };
    control.press = (digit) => {
      const input = control.inputs()[digit - 1];
      if (!input) return false;
      input.checked = !input.checked;
      input.dispatchEvent(new Event("change", { bubbles: true }));
      input.focus();
      return true;
    };
    return control;
  },

  text(question, id, form) {
    const attributes = { class: "control", id, maxlength: question.max_length, "aria-describedby": `${id}e`, dir: "auto" };
    const input = question.multiline
      ? make("textarea", { ...attributes, rows: 4 })
      : make("input", { ...attributes, type: "text", autocomplete: "off", enterkeyhint: "send" });
    const error = make("p", { class: "question-error", id: `${id}e` });
    const title = make("label", { for: id }, question.title || question.name);
    const element = make("div", { class: "question" }, title, helpOf(question, id), input, error);
    input.addEventListener("input", () => {
      form.showFault(question.name, "");
      form.onChange(question.name);
    });
    return {
      element,
      error,
      focus: () => input.focus(),
      read: () => input.value.trim() || null,
      write: (value) => {
        input.value = value ?? "";
      },
    };
  },
};

function helpOf(question, id) {
  const optional = question.required === false ? word("question.optional") : "";
  const text = [question.help, optional].filter(Boolean).join(" ");
  return text ? make("p", { class: "help", id: `${id}h` }, text) : "";
}
