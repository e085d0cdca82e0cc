// The project editor: a few fields become the schema, and the worker's own renderer shows what comes of it.

import { find, findAll, icon, make } from "../dom.js";
import { SAMPLE } from "../kinds/picture.js";
import { QuestionForm } from "../questions.js";
import { drawRow } from "../row.js";
import { word } from "../words.js";
import { GALLERY } from "./gallery.js";
import { SETTINGS } from "./settings.js";

const FIRST_OPTIONS = 2;
const SHOWN_AS = ["text", "heading", "quote", "image", "link"];
const SAMPLE_AS = { image: "text", link: "text" };

class Editor {
  constructor(form) {
    this.form = form;
    this.part = Object.fromEntries(findAll("[data-part]", form).map((part) => [part.dataset.part, part]));
    this.title = find("#question-title");
    this.hidden = find("#schema");
    for (let i = 0; i < FIRST_OPTIONS; i += 1) this.addOption("");
    this.read(this.kept);
    form.addEventListener("input", () => this.update());
    find("#gallery").addEventListener("change", (event) => this.begin(event.target.value));
    form.addEventListener("click", (event) => {
      if (event.target.closest("[data-act=add]")) this.addOption("", true);
    });
    form.addEventListener("keydown", (event) => this.key(event));
    form.addEventListener("submit", (event) => this.check(event));
    this.update();
  }

  get kind() {
    return find("input[name=kind]:checked", this.form).value;
  }

  get inputs() {
    return findAll("input", this.part.options);
  }

  get options() {
    return this.inputs.map((input) => input.value.trim()).filter(Boolean);
  }

  get schema() {
    const settings = SETTINGS[this.kind].read([...new Set(this.options)]);
    const question = { name: nameOf(this.title.value), kind: this.kind, title: this.title.value.trim(), ...settings };
    return { questions: [question], display: this.display };
  }

  /** "column: quote" a line; a line without a way of showing is text. */
  get display() {
    const lines = find("#columns").value.split("\n").map((line) => line.trim()).filter(Boolean);
    return lines.map((line) => {
      const cut = line.lastIndexOf(":");
      const as = cut > 0 ? line.slice(cut + 1).trim() : "";
      return SHOWN_AS.includes(as) ? { field: line.slice(0, cut).trim(), as } : { field: line, as: "text" };
    });
  }

  addOption(value, focus = false) {
    const n = this.inputs.length + 1;
    const input = make("input", { class: "control", type: "text", maxlength: 100, autocomplete: "off", value });
    const remove = make("button", { type: "button", class: "button plain small" }, icon("wrong"), make("span", { class: "sr" }));
    const item = make("li", {}, make("kbd", { "aria-hidden": "true" }), input, remove);
    remove.addEventListener("click", () => {
      item.remove();
      this.update();
    });
    this.part.options.append(item);
    this.label();
    if (focus) input.focus();
    return n;
  }

  label() {
    findAll("li", this.part.options).forEach((item, place) => {
      find("kbd", item).textContent = String(place + 1);
      find("input", item).setAttribute("aria-label", word("editor.option", { n: place + 1 }));
      find(".sr", item).textContent = word("editor.remove", { n: place + 1 });
    });
  }

  /** Enter in an option opens the next one instead of sending the form. */
  key(event) {
    if (event.key !== "Enter" || !this.part.options.contains(event.target) || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    const next = this.inputs[this.inputs.indexOf(event.target) + 1];
    if (next) next.focus();
    else this.addOption("", true);
  }

  /** The schema of a form that came back with faults; null on an empty one. */
  get kept() {
    try {
      return JSON.parse(this.hidden.value);
    } catch {
      return null;
    }
  }

  /** Start from a setup of the gallery. */
  begin(name) {
    this.read(GALLERY[name] ?? { questions: [{ kind: "choice", options: ["", ""] }] });
    this.update();
  }

  read(schema) {
    const question = schema?.questions?.[0];
    if (!question) return;
    this.title.value = question.title || "";
    const radio = find(`input[name=kind][value=${CSS.escape(question.kind || "choice")}]`, this.form);
    if (radio) radio.checked = true;
    const options = question.options || question.labels;
    if (Array.isArray(options) && options.length) {
      this.part.options.replaceChildren();
      for (const option of options) this.addOption(option.label ?? option);
    }
    SETTINGS[this.kind].write(question);
    find("#columns").value = (schema.display || []).map(({ field, as }) => `${field}: ${as}`).join("\n");
  }

  update() {
    this.label();
    for (const part of findAll("[data-for]", this.form)) part.hidden = !part.dataset.for.split(" ").includes(this.kind);
    const { schema } = this;
    this.hidden.value = JSON.stringify(schema);
    this.complain(SETTINGS[this.kind].fault?.(schema.questions[0]));
    this.preview(schema);
  }

  /** Let the browser say at its field what is missing: [the sentence, the field], or nothing. */
  complain(fault) {
    for (const input of findAll("input, textarea", this.form)) input.setCustomValidity("");
    if (!fault) return;
    const [sentence, place] = fault;
    (place === "options" ? this.inputs[0] : find(place))?.setCustomValidity(word(sentence));
  }

  preview(schema) {
    const [question] = schema.questions;
    const shown = { ...question, title: question.title || word("editor.no_question") };
    for (const list of ["options", "labels", "tree"]) if (Array.isArray(shown[list]) && !shown[list].length) shown[list] = ["…", "… …"];
    const display = schema.display.map(({ field, as }) => ({ field, as: SAMPLE_AS[as] || as }));
    const ranked = question.kind === "ranking" && question.columns ? question.options : [];
    const own = [question.left, question.right, question.column, ...ranked].filter(Boolean);
    const fields = display.length ? display.map(({ field }) => [field, word("question.sample")]) : [["", word("editor.row")]];
    const data = own.length && !display.length ? {} : Object.fromEntries(fields);
    const samples = { spans: word("editor.text"), boxes: SAMPLE };
    for (const column of own) data[column] = samples[question.kind] ?? column;
    const form = new QuestionForm({ questions: [shown], display }, { row: data });
    this.part.preview.replaceChildren(drawRow(data, { display }, form.stages), form.element);
  }

  check(event) {
    this.update();
    if (this.form.reportValidity()) return;
    event.preventDefault();
  }
}

/** A question's name in results: small letters, digits and "_", from its title. */
function nameOf(title) {
  const plain = title.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "");
  return plain.split("_").slice(0, 4).join("_").slice(0, 50) || "answer";
}

new Editor(find("#editor"));
