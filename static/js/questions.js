// The questions of a schema as controls, the same for worker, expert and preview.

import { findAll, make } from "./dom.js";
import { DRAWERS } from "./kinds/drawers.js";
import { isEmpty } from "./kinds/parts.js";
import { asText } from "./row.js";
import { word } from "./words.js";

let forms = 0;

/** Draws all questions and reads them back as one answer. */
export class QuestionForm {
  /**
   * `row` is what is judged (column to value), null in a preview; `seed` a text that stays the same while one person
   * looks at one task, by which orders are drawn. `onChange(name)` runs after each change; `onPick(name, byHand)`
   * after a single choice was made, byHand telling a key press or tap from an arrow key that merely walks over the
   * options.
   */
  constructor(schema, { answer = {}, row = null, seed = "", onChange = () => {}, onPick = () => {} } = {}) {
    forms += 1;
    this.schema = schema;
    this.row = row;
    this.seed = seed;
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

  /** What stands in the row in place of some of its columns. */
  get stages() {
    return this.controls.map((control) => control.stage).filter(Boolean);
  }

  /** True when one press answers everything. */
  get oneChoice() {
    return this.controls.length === 1 && Boolean(this.controls[0].oneChoice);
  }

  /** An answer in words, question by question. */
  inWords(answer) {
    const told = this.controls.filter(({ question }) => answer[question.name] !== undefined && answer[question.name] !== null);
    return told.map((control) => wordsOf(control, answer[control.question.name]));
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

  /** A digit: goes to the question that has the focus, else to the first open one. True when it was used. */
  press(digit) {
    const control = this.current();
    return Boolean(control?.press?.(digit));
  }

  /** Put the focus where the next key is expected. */
  focus() {
    (this.current() || this.controls[0]).focus();
  }

  current() {
    const focused = this.controls.find((control) => control.busy || control.element.contains(document.activeElement));
    const choosing = this.controls.filter((control) => control.press);
    if (focused?.press) return focused;
    return choosing.find((control) => isEmpty(control.read())) || choosing.at(-1) || this.controls[0];
  }

  /** After a choice among several questions: go on to the next open one. */
  advance(from) {
    const next = this.controls.slice(this.controls.indexOf(from) + 1).find((control) => isEmpty(control.read()));
    next?.focus();
  }

  /** How a column is shown, by the schema. */
  shownAs(column) {
    return this.schema.display?.find(({ field }) => field === column)?.as ?? "text";
  }

  /** Heads or tails for this task, the same each time. */
  coin(name) {
    return this.seed !== "" && hashOf(`${this.seed}/${name}`) % 2 === 1;
  }

  /** Things in an order drawn for this task; as they are in a preview. */
  shuffled(things, name) {
    if (this.seed === "") return things;
    const keyed = things.map((thing, place) => [hashOf(`${this.seed}/${name}/${place}`), thing]);
    return keyed.sort(([a], [b]) => a - b).map(([, thing]) => thing);
  }
}

/** A question as its owner wrote it may list bare values; drawn are value and label. */
function inFull(question) {
  const full = { ...question };
  for (const list of ["options", "labels"]) if (Array.isArray(full[list])) full[list] = full[list].map(asOption);
  if (Array.isArray(full.tree)) full.tree = full.tree.map(asNode);
  return full;
}

function asOption(option) {
  const { value, label } = option !== null && typeof option === "object" ? option : { value: option };
  return { value: String(value), label: String(label ?? value) };
}

const asNode = (node) => ({ ...asOption(node), children: (node.children || []).map(asNode) });

function faultOf({ question, read, fault }) {
  const value = read();
  const own = fault?.(value);
  if (own) return own;
  // "" says that the value is fine, empty or not
  if (own === "" || !isEmpty(value)) return "";
  return question.required === false ? "" : word("fault.missing");
}

function wordsOf(control, value) {
  if (control.inWords) return control.inWords(value);
  const labels = new Map((control.question.options || []).map((option) => [option.value, option.label]));
  return labels.get(String(value)) ?? asText(value);
}

/** FNV-1a with a last stir: enough to draw an order, nothing to keep a secret with. */
function hashOf(text) {
  let hash = 0x811c9dc5;
  for (const point of text) hash = Math.imul(hash ^ point.codePointAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 12)) >>> 0;
}
