// Rate on a scale: its points side by side, lowest first; the key of a point is its number.

import { drawOneOf } from "./parts.js";

const DIGITS = 9;

export function rating(question, id, form) {
  const { min = 1, max = 5, labels = {} } = question;
  const points = Array.from({ length: max - min + 1 }, (_, place) => min + place);
  const options = points.map((point) => ({ value: String(point), label: String(point), note: labels[point] }));
  // Where a point's number is a digit, that digit is its key and need not be shown twice.
  const byNumber = min >= 0 && max <= DIGITS;
  const control = drawOneOf({ ...question, options }, id, form, { shape: "choices-scale", keys: !byNumber });
  const read = control.read;
  control.read = () => (read() === null ? null : Number(read()));
  if (byNumber) control.press = (digit) => control.choose(control.inputs()[digit - min]);
  control.inWords = (value) => (labels[value] ? `${value} · ${labels[value]}` : String(value));
  return control;
}
