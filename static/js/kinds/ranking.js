// Put options in order by pressing them, the best first; pressing one again takes it out.

import { find, findAll, make } from "../dom.js";
import { asText } from "../row.js";
import { word } from "../words.js";
import { changed, errorFor, group, keyAt } from "./parts.js";

export function ranking(question, id, form) {
  const error = errorFor(id);
  const list = make("div", { class: "choices", role: "group" });
  const labels = new Map(question.options.map((option) => [option.value, labelOf(option, question, form)]));
  let order = [];
  // In the order of the schema the first would be put first more often than it deserves.
  for (const [place, { value }] of form.shuffled(question.options, question.name).entries()) {
    const text = make("span", { dir: "auto" }, labels.get(value));
    const rank = make("span", { class: "rank", "aria-hidden": "true" });
    const item = make("button", { type: "button", class: "choice", "data-value": value, "aria-describedby": `${id}e` }, rank, text, keyAt(place));
    item.addEventListener("click", () => toggle(value));
    list.append(item);
  }
  const element = group(question, id, error, make("p", { class: "help" }, word("ranking.how")), list);

  function show() {
    for (const item of findAll("button", list)) {
      const place = order.indexOf(item.dataset.value);
      find(".rank", item).textContent = place < 0 ? "" : String(place + 1);
      item.setAttribute("aria-pressed", String(place >= 0));
      item.setAttribute("aria-label", place < 0 ? labels.get(item.dataset.value) : word("ranking.at", { n: place + 1, label: labels.get(item.dataset.value) }));
    }
  }

  function toggle(value) {
    order = order.includes(value) ? order.filter((each) => each !== value) : [...order, value];
    // The last one has only one place to go.
    const left = question.options.filter((option) => !order.includes(option.value));
    if (left.length === 1 && order.at(-1) === value) order.push(left[0].value);
    show();
    changed(form, question);
  }

  show();
  return {
    element,
    error,
    focus: () => (find("[aria-pressed=false]", list) || find("button", list)).focus(),
    read: () => (order.length ? order : null),
    write: (value) => {
      order = Array.isArray(value) ? value.map(String).filter((each) => labels.has(each)) : [];
      show();
    },
    press(digit) {
      const item = findAll("button", list)[digit - 1];
      item?.click();
      item?.focus();
      return Boolean(item);
    },
    fault: (value) => (value && value.length < question.options.length ? word("fault.rank_all") : null),
    inWords: (value) => value.map((each) => labels.get(String(each)) ?? each).join(" › "),
  };
}

/** An option's own words, or what its column holds. */
function labelOf(option, question, form) {
  if (!question.columns) return option.label;
  return form.row ? asText(form.row[option.value] ?? "") : option.label;
}
