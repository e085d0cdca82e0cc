// The project editor: a few fields become the schema, and the worker's own renderer shows what comes of it.

import { post } from "../api.js";
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
      if (event.target.closest("[data-act=foreign]")) this.bring(find("#foreign").value);
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
    if (this.whole) return this.whole;
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
    this.whole = null;
    this.part.foreign.replaceChildren();
    this.read(GALLERY[name] ?? { questions: [{ kind: "choice", options: ["", ""] }] });
    this.update();
  }

  /** Take over another tool's configuration as it is: it may say more than the fields can. */
  async bring(config) {
    const part = this.part.foreign;
    part.textContent = word("editor.reading");
    try {
      const { schema, left_out: leftOut } = await post("/api/v1/schemas/label-studio", { config });
      this.whole = schema;
      this.update();
      const lines = leftOut.map(({ where, detail }) => make("li", {}, make("code", {}, where), " ", detail));
      const end = lines.length ? [make("p", {}, word("editor.left_out")), make("ul", {}, ...lines)] : [make("p", {}, word("editor.all_in"))];
      part.replaceChildren(make("p", {}, word("editor.whole", { count: schema.questions.length })), ...end);
    } catch (error) {
      const faults = error.errors?.length ? error.errors.map(({ detail }) => detail) : [error.message];
      part.replaceChildren(...faults.map((each) => make("p", { class: "error" }, each)));
    }
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
    this.part.question.hidden = Boolean(this.whole);
    this.title.required = !this.whole;
    this.complain(this.whole ? null : SETTINGS[this.kind].fault?.(schema.questions[0]));
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
    const questions = schema.questions.map(shownOf);
    const display = schema.display.map(({ field, as }) => ({ field, as: SAMPLE_AS[as] || as }));
    const samples = Object.assign({}, ...questions.map(samplesOf));
    const data = Object.fromEntries(display.map(({ field }) => [field, word("question.sample")]));
    if (!display.length && !Object.keys(samples).length) data[""] = word("editor.row");
    Object.assign(data, samples);
    const form = new QuestionForm({ questions, display }, { row: data });
    this.part.preview.replaceChildren(drawRow(data, { display }, form.stages), form.element);
  }

  check(event) {
    this.update();
    if (this.form.reportValidity()) return;
    event.preventDefault();
  }
}

/** A question that is not finished yet, so that it can be drawn. */
function shownOf(question) {
  const shown = { ...question, title: question.title || word("editor.no_question") };
  for (const list of ["options", "labels", "tree"]) if (Array.isArray(shown[list]) && !shown[list].length) shown[list] = ["…", "… …"];
  return shown;
}

/** What the columns that a question itself shows might hold. */
function samplesOf({ kind, left, right, column, columns, options }) {
  const own = [left, right, column, ...(kind === "ranking" && columns ? options : [])].filter(Boolean);
  const sample = { spans: word("editor.text"), boxes: SAMPLE }[kind];
  return Object.fromEntries(own.map((name) => [name.value ?? name, sample ?? name.value ?? name]));
}

/** A question's name in results: small letters, digits and "_", from its title. */
function nameOf(title) {
  const plain = title.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "");
  return plain.split("_").slice(0, 4).join("_").slice(0, 50) || "answer";
}

new Editor(find("#editor"));
