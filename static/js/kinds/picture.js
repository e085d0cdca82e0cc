// A picture to mark: it fits its place, can be looked at closer, and tells where on it a pointer is.

import { icon, make } from "../dom.js";
import { word } from "../words.js";

/** What a preview shows where a picture of the data would be. */
export const SAMPLE = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" width="480" height="300"><rect width="480" height="300" fill="#cfd8dc"/><rect y="210" width="480" height="90" fill="#90a4ae"/><circle cx="380" cy="70" r="34" fill="#ffe082"/><path d="M70 210 160 110l90 100Z" fill="#607d8b"/><rect x="290" y="170" width="120" height="56" rx="8" fill="#455a64"/></svg>',
)}`;
const CLOSEST = 8;
const STEP = 1.5;

export class Picture {
  /** `layer` lies over the picture, whatever its size on the screen; `size` is in the picture's own pixels, null until it is there. */
  constructor(address, name, onReady) {
    this.size = null;
    this.closer = 1;
    this.failed = false;
    this.image = make("img", { alt: name, decoding: "async", referrerpolicy: "no-referrer", draggable: "false" });
    this.layer = make("div", { class: "picture-layer", tabindex: "0", role: "application", "aria-label": name });
    this.sheet = make("div", { class: "picture-sheet" }, this.image, this.layer);
    this.frame = make("div", { class: "picture-frame" }, this.sheet);
    this.broken = make("p", { class: "quiet", hidden: true }, word("row.picture_failed"));
    this.element = make("div", { class: "picture" }, this.tools(), this.frame, this.broken);
    this.image.addEventListener("load", () => {
      this.size = { width: this.image.naturalWidth, height: this.image.naturalHeight };
      this.zoom(1);
      onReady();
    });
    this.image.addEventListener("error", () => this.fail());
    if (address) this.image.src = address;
    else this.fail();
  }

  fail() {
    this.failed = true;
    this.frame.hidden = true;
    this.broken.hidden = false;
  }

  tools() {
    const button = (name, shape, act) =>
      make("button", { type: "button", class: "button plain small", onclick: act }, icon(shape), make("span", { class: "sr" }, word(name)));
    return make(
      "div",
      { class: "picture-tools", role: "toolbar", "aria-label": word("picture.tools") },
      button("picture.closer", "plus", () => this.zoom(this.closer * STEP)),
      button("picture.away", "minus", () => this.zoom(this.closer / STEP)),
    );
  }

  /** Look so many times closer than where all of it is seen; the middle stays in the middle. */
  zoom(closer) {
    if (!this.size) return;
    const middle = (this.frame.scrollLeft + this.frame.clientWidth / 2) / Math.max(this.frame.scrollWidth, 1);
    const centre = (this.frame.scrollTop + this.frame.clientHeight / 2) / Math.max(this.frame.scrollHeight, 1);
    this.closer = Math.min(CLOSEST, Math.max(1, closer));
    this.sheet.style.inlineSize = `calc(min(100%, 64dvh * ${this.size.width / this.size.height}) * ${this.closer})`;
    this.frame.scrollLeft = middle * this.frame.scrollWidth - this.frame.clientWidth / 2;
    this.frame.scrollTop = centre * this.frame.scrollHeight - this.frame.clientHeight / 2;
  }

  /** Where a pointer is, in the picture's pixels, never outside it. */
  at(event) {
    const place = this.layer.getBoundingClientRect();
    const share = (value, size) => Math.min(1, Math.max(0, value / size));
    return {
      x: share(event.clientX - place.left, place.width) * this.size.width,
      y: share(event.clientY - place.top, place.height) * this.size.height,
    };
  }

  /** How many of the picture's pixels one of the screen's is. */
  get grain() {
    return this.size.width / this.layer.getBoundingClientRect().width;
  }
}
