// Write a text, on one line or several.

import { make } from "../dom.js";
import { word } from "../words.js";
import { changed, errorFor, helpOf, isEmpty, titleOf } from "./parts.js";

export function text(question, id, form) {
  const attributes = { class: "control", id, maxlength: question.max_length, "aria-describedby": `${id}e`, dir: "auto" };
  const input = question.multiline
    ? make("textarea", { ...attributes, rows: 4 })
    : make("input", { ...attributes, type: "text", autocomplete: "off", enterkeyhint: "send" });
  const error = errorFor(id);
  const title = make("label", { for: id }, titleOf(question));
  const element = make("div", { class: "question" }, title, helpOf(question, id), input, error);
  input.addEventListener("input", () => changed(form, question));
  return {
    element,
    error,
    focus: () => input.focus(),
    read: () => input.value.trim() || null,
    write: (value) => {
      input.value = value ?? "";
    },
    fault(value) {
      const short = !isEmpty(value) && [...value].length < (question.min_length ?? 0);
      return short ? word("fault.too_short", { count: question.min_length }) : null;
    },
  };
}
