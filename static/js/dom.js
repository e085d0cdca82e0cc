// Making and finding elements. Text only ever enters as text, never as markup.

export const find = (selector, root = document) => root.querySelector(selector);
export const findAll = (selector, root = document) => [...root.querySelectorAll(selector)];

/** An element: make("button", { class: "button", type: "button", onclick: f }, "Save"). */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An icon of the sprite; decorative, since a word stands beside it. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${document.documentElement.dataset.icons || ""}#${name}`);
  svg.append(use);
  return svg;
}

/** A badge like parts/badge.html: shape, word, colour. */
export function badge(state, word, shape = state) {
  return make("span", { class: `badge is-${state}` }, icon(shape), word);
}

/** True while the person types, so that letters and digits are theirs. */
export function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) {
    return true;
  }
  return target instanceof HTMLInputElement && !["radio", "checkbox", "button", "submit"].includes(target.type);
}

/** Settings the server wrote into the page as <script type="application/json" id="...">. */
export function readSettings(id) {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : {};
}
