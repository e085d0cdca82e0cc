// A text with marked ranges. Offsets are Unicode code points, as the server counts them; the page counts in
// UTF-16 units, so both directions go through one table.

import { make } from "../dom.js";

export class MarkedText {
  /**
   * `colour(label)` is 0-7; `nameOf(label)` is told to screen readers; `onSelect()` runs when something was selected
   * and tells whether that was all that was needed.
   */
  constructor(text, { name, colour, nameOf, onSelect }) {
    this.points = [...text];
    this.words = wordsOf(this.points);
    this.how = { colour, nameOf };
    this.marks = [];
    this.cursor = null;
    this.element = make("div", { class: "marked shown-text", tabindex: "0", role: "textbox", "aria-readonly": "true", "aria-multiline": "true", "aria-label": name, dir: "auto" });
    this.element.addEventListener("pointerup", () => setTimeout(() => this.selected && onSelect()));
    this.element.addEventListener("pointerdown", () => this.move(null));
    this.element.addEventListener("keydown", (event) => this.key(event, onSelect));
    this.show([]);
  }

  /** What a range holds. */
  slice({ start, end }) {
    return this.points.slice(start, end).join("");
  }

  /** The range that is selected, without white space at its ends; null where there is none. */
  get selected() {
    const range = this.cursor ?? this.byPointer();
    if (!range) return null;
    let { start, end } = range;
    while (start < end && !this.points[start].trim()) start += 1;
    while (end > start && !this.points[end - 1].trim()) end -= 1;
    return start < end ? { start, end } : null;
  }

  unselect() {
    getSelection()?.removeAllRanges();
    this.move(this.cursor && { start: this.cursor.end, end: this.cursor.end, at: this.cursor.at });
  }

  show(marks) {
    this.marks = marks;
    const cuts = new Set([0, this.points.length]);
    const ranges = this.cursor ? [...marks, this.cursor] : marks;
    for (const { start, end } of ranges) cuts.add(Math.min(start, this.points.length)).add(Math.min(end, this.points.length));
    const ends = [...cuts].sort((a, b) => a - b);
    this.element.replaceChildren(...ends.slice(1).map((end, place) => this.part(ends[place], end)));
  }

  /** A piece of the text over which nothing changes. */
  part(start, end) {
    const text = this.slice({ start, end });
    const over = this.marks.filter((each) => each.start <= start && end <= each.end);
    const isCursor = this.cursor && this.cursor.start <= start && end <= this.cursor.end;
    if (!over.length && !isCursor) return document.createTextNode(text);
    const last = over.at(-1);
    const element = make(last ? "mark" : "span", { class: isCursor ? "selected" : null, "data-colour": last ? this.how.colour(last.label) : null }, text);
    if (over.length > 1) element.dataset.several = "";
    if (last && last.end === end) element.append(make("span", { class: "mark-label", "aria-hidden": "true", "data-label": this.how.nameOf(last.label) }));
    return element;
  }

  byPointer() {
    const selection = getSelection();
    if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
    const range = selection.getRangeAt(0);
    if (!this.element.contains(range.startContainer) || !this.element.contains(range.endContainer)) return null;
    return { start: this.offset(range.startContainer, range.startOffset), end: this.offset(range.endContainer, range.endOffset) };
  }

  /** Code points before a place of the page. */
  offset(node, units) {
    const before = document.createRange();
    before.setStart(this.element, 0);
    before.setEnd(node, units);
    return [...before.toString()].length;
  }

  /** Arrow keys walk over words, with Shift they take more of them; Enter stands for a label where there is only one. */
  key(event, onSelect) {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[event.key];
    if (event.key === "Escape" && this.cursor) this.move(null);
    else if (event.key === "Enter" && this.cursor && this.selected && onSelect()) this.unselect();
    else if (step && !event.altKey && !event.ctrlKey && !event.metaKey) this.walk(step, event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  walk(step, more) {
    if (!this.words.length) return;
    const at = this.cursor ? clamp(this.cursor.at + step, this.words.length) : 0;
    const anchor = more && this.cursor ? this.cursor.anchor ?? this.cursor.at : at;
    const [first, last] = [Math.min(anchor, at), Math.max(anchor, at)];
    this.move({ start: this.words[first].start, end: this.words[last].end, at, anchor });
  }

  move(cursor) {
    if (!cursor && !this.cursor) return;
    this.cursor = cursor;
    this.show(this.marks);
  }
}

const clamp = (at, count) => Math.max(0, Math.min(count - 1, at));

/** Where words begin and end, in code points, as the reader's language has them. */
function wordsOf(points) {
  const units = [];
  points.forEach((point, place) => units.push(...Array(point.length).fill(place)));
  const cut = new Intl.Segmenter(document.documentElement.lang || "en", { granularity: "word" });
  return [...cut.segment(points.join(""))]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ index, segment }) => ({ start: units[index], end: units[index + segment.length - 1] + 1 }));
}
