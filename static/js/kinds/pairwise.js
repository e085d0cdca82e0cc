// Say which of two is better. They stand side by side where the row is shown; either may be pressed.

import { findAll, make } from "../dom.js";
import { asText, drawValue } from "../row.js";
import { word } from "../words.js";
import { drawOneOf } from "./parts.js";

export function pairwise(question, id, form) {
  // Which column stands first is drawn by the task, so that a liking for one side favours nobody.
  const swapped = form.coin(question.name);
  const sides = swapped ? ["right", "left"] : ["left", "right"];
  const options = sides.map((value, place) => ({ value, label: word(place ? "pairwise.second" : "pairwise.first") }));
  if (question.tie !== false) options.push({ value: "tie", label: word("pairwise.tie") });
  const control = drawOneOf({ ...question, options }, id, form, { shape: "choices-row" });
  const cards = sides.map((side, place) => card(question[side], place, form, () => control.choose(control.inputs()[place])));
  const stage = make("div", { class: "pair" }, ...cards);
  const show = () => cards.forEach((each, place) => each.toggleAttribute("data-chosen", control.read() === sides[place]));
  control.element.addEventListener("change", show);
  const write = control.write;
  control.write = (value) => {
    write(value);
    show();
  };
  control.stage = { columns: [question.left, question.right], element: stage };
  control.inWords = (value) => options.find((option) => option.value === value)?.label ?? String(value);
  return control;
}

function card(column, place, form, choose) {
  const name = word(place ? "pairwise.second" : "pairwise.first");
  const value = form.row ? form.row[column] : word("question.sample");
  const shown = drawValue(asText(value ?? ""), column, form.shownAs(column));
  const element = make("section", { class: "pair-card", "aria-label": name }, make("p", { class: "shown-label" }, name), shown);
  // The radio buttons are what keys and screen readers use; the card is a larger target for a hand.
  element.addEventListener("click", (event) => {
    const selecting = String(getSelection()).length > 0;
    if (!selecting && !findAll("a, button", element).some((inner) => inner.contains(event.target))) choose();
  });
  return element;
}
