// Choose any number of options from a list.

import { word } from "../words.js";
import { drawOptions } from "./parts.js";

export function choices(question, id, form) {
  const control = drawOptions(question, id, form, "checkbox");
  const labels = new Map(question.options.map(({ value, label }) => [value, label]));
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
  control.fault = (value) => {
    const picked = value?.length || 0;
    if (!picked && question.required === false) return "";
    if (picked < (question.min ?? 0)) return word("fault.at_least", { count: question.min });
    if (picked > (question.max ?? Infinity)) return word("fault.at_most", { count: question.max });
    return "";
  };
  control.inWords = (value) => value.map((each) => labels.get(String(each)) ?? each).join(", ") || word("none_chosen");
  return control;
}
