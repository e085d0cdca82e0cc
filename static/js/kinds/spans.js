// Mark ranges of a text with labels: select with a pointer or by words with the keys, and choose a label.

import { find, findAll, icon, make } from "../dom.js";
import { asText } from "../row.js";
import { word } from "../words.js";
import { MarkedText } from "./marked_text.js";
import { changed, errorFor, group, keyAt } from "./parts.js";

const LONGEST_SHOWN = 40;

export function spans(question, id, form) {
  const text = asText(form.row?.[question.column] ?? word("question.sample"));
  const labels = new Map(question.labels.map(({ value, label }, place) => [value, { label, place }]));
  const error = errorFor(id);
  const buttons = make("div", { class: "choices choices-row", role: "group", "aria-label": word("spans.labels") });
  const list = make("ol", { class: "marks" });
  const element = group(question, id, error, make("p", { class: "help" }, word("spans.how")), buttons, list);
  const surface = new MarkedText(text, {
    name: question.title || question.name,
    colour: (label) => (labels.get(label)?.place ?? 0) % 8,
    nameOf: (label) => labels.get(label)?.label ?? label,
    onSelect: () => question.labels.length === 1 && mark(question.labels[0].value),
  });
  let marks = [];

  question.labels.forEach(({ value, label }, place) => {
    const swatch = make("span", { class: "swatch", "data-colour": place % 8, "aria-hidden": "true" });
    const button = make("button", { type: "button", class: "choice" }, swatch, make("span", { dir: "auto" }, label), keyAt(place));
    // The press must not take the selection away before it is read.
    button.addEventListener("pointerdown", (event) => event.preventDefault());
    button.addEventListener("click", () => mark(value));
    buttons.append(button);
  });

  function mark(label) {
    const range = surface.selected;
    if (!range) {
      form.showFault(question.name, word("spans.select_first"));
      return false;
    }
    const clash = (each) => each.start < range.end && range.start < each.end && (!question.overlap || each.label === label);
    marks = [...marks.filter((each) => !clash(each)), { ...range, label }];
    settle();
    surface.unselect();
    return true;
  }

  function remove(gone) {
    marks = marks.filter((each) => each !== gone);
    settle();
    (find("button", list) || surface.element).focus();
  }

  function settle() {
    marks.sort((a, b) => a.start - b.start || a.end - b.end);
    show();
    changed(form, question);
  }

  function show() {
    surface.show(marks);
    list.replaceChildren(...marks.map(entry));
  }

  function entry(each) {
    const words = surface.slice(each);
    const shown = words.length > LONGEST_SHOWN ? `${words.slice(0, LONGEST_SHOWN - 1)}…` : words;
    const name = labels.get(each.label)?.label ?? each.label;
    const swatch = make("span", { class: "swatch", "data-colour": (labels.get(each.label)?.place ?? 0) % 8, "aria-hidden": "true" });
    const gone = make("button", { type: "button", class: "button plain small" }, icon("wrong"), make("span", { class: "sr" }, word("spans.remove", { words: shown, label: name })));
    gone.addEventListener("click", () => remove(each));
    return make("li", {}, swatch, make("span", { dir: "auto" }, shown), make("span", { class: "quiet small" }, name), gone);
  }

  show();
  return {
    element,
    error,
    stage: { columns: [question.column], element: surface.element },
    focus: () => surface.element.focus(),
    read: () => marks.map(({ start, end, label }) => ({ start, end, label })),
    write: (value) => {
      marks = (Array.isArray(value) ? value : []).map((each) => ({ ...each, label: each.label ?? question.labels[0].value }));
      show();
    },
    press(digit) {
      const chosen = question.labels[digit - 1];
      return chosen ? mark(chosen.value) || true : false;
    },
    fault(value) {
      if (value.length < (question.min ?? 0)) return word("fault.mark_at_least", { count: question.min });
      if (value.length > (question.max ?? Infinity)) return word("fault.mark_at_most", { count: question.max });
      const missing = (question.required_labels || []).find((label) => !value.some((each) => each.label === label));
      return missing ? word("fault.mark_required", { label: labels.get(missing)?.label ?? missing }) : "";
    },
    inWords: (value) => value.map((each) => `${surface.slice(each)} (${labels.get(each.label)?.label ?? each.label})`).join(", ") || word("spans.none"),
    // Numbers choose a label only while something is selected: otherwise they belong to the other questions.
    get busy() {
      return Boolean(surface.selected) || findAll(":focus", surface.element).length > 0;
    },
  };
}
