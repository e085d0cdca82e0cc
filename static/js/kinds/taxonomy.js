// Choose a place in a tree, level by level; a large tree can be searched.

import { find, findAll, make } from "../dom.js";
import { word } from "../words.js";
import { changed, errorFor, group, keyAt } from "./parts.js";

const SEARCHED_ABOVE = 12;
const MOST_FOUND = 12;

export function taxonomy(question, id, form) {
  const places = placesOf(question.tree, question.inner);
  const error = errorFor(id);
  const trail = make("p", { class: "trail", "aria-live": "polite" });
  const list = make("div", { class: "choices", role: "group" });
  const search = places.length > SEARCHED_ABOVE ? searchField(id) : null;
  const element = group(question, id, error, ...(search ? [search.element] : []), trail, list);
  let path = [];

  function levelAt(values) {
    return values.reduce((level, value) => level.find((node) => node.value === value)?.children ?? [], question.tree);
  }

  function show() {
    const written = search?.input.value.trim().toLocaleLowerCase() ?? "";
    const level = levelAt(path);
    const crumbs = path.map((value, depth) => crumb(labelAt(question.tree, path, depth), depth));
    trail.replaceChildren(...(path.length ? [crumb(word("taxonomy.top"), -1), ...crumbs] : []));
    const items = written ? found(written) : level.map((node) => entry(node.label, [...path, node.value], node.children.length));
    // At the end of a branch its neighbours stay in sight: a wrong turn costs one press.
    const last = !level.length && path.length ? levelAt(path.slice(0, -1)) : [];
    items.push(...last.map((node) => entry(node.label, [...path.slice(0, -1), node.value], 0)));
    list.replaceChildren(...items);
    findAll("button", list).forEach((item, place) => item.append(keyAt(place)));
  }

  function found(written) {
    const hits = places.filter(({ text }) => text.toLocaleLowerCase().includes(written)).slice(0, MOST_FOUND);
    return hits.length ? hits.map(({ text, values }) => entry(text, values, 0)) : [make("p", { class: "quiet" }, word("taxonomy.none"))];
  }

  function crumb(label, depth) {
    const button = make("button", { type: "button", class: "button-link" }, label);
    button.addEventListener("click", () => go(path.slice(0, depth + 1)));
    return make("span", { class: "crumb" }, button);
  }

  function entry(label, values, below) {
    const chosen = values.join("\n") === path.join("\n");
    const more = below ? make("small", {}, word("taxonomy.below", { count: below })) : "";
    const button = make("button", { type: "button", class: "choice", "aria-pressed": String(chosen) }, make("span"), make("span", { dir: "auto" }, label, more));
    button.addEventListener("click", () => go(values));
    return button;
  }

  function go(values) {
    path = values;
    if (search) search.input.value = "";
    show();
    changed(form, question);
    (find("[aria-pressed=true]", list) || find("button", list))?.focus();
  }

  search?.input.addEventListener("input", show);
  show();
  return {
    element,
    error,
    focus: () => (find("[aria-pressed=true]", list) || find("button", list)).focus(),
    read: () => (path.length ? path : null),
    write: (value) => {
      path = Array.isArray(value) ? value.map(String) : [];
      show();
    },
    press(digit) {
      const item = findAll("button", list)[digit - 1];
      item?.click();
      return Boolean(item);
    },
    fault: (value) => (value && levelAt(value).length && !question.inner ? word("fault.go_on") : null),
    inWords: (value) => value.map((_, depth) => labelAt(question.tree, value, depth)).join(" › "),
  };
}

/** Every place that can be chosen: the labels on the way there as one text, and the values. */
function placesOf(tree, inner, labels = [], values = []) {
  return tree.flatMap((node) => {
    const [texts, way] = [[...labels, node.label], [...values, node.value]];
    const own = inner || !node.children.length ? [{ text: texts.join(" › "), values: way }] : [];
    return [...own, ...placesOf(node.children, inner, texts, way)];
  });
}

function labelAt(tree, path, depth) {
  let level = tree;
  let node = null;
  for (const value of path.slice(0, depth + 1)) {
    node = level.find((each) => each.value === String(value));
    level = node?.children ?? [];
  }
  return node?.label ?? String(path[depth]);
}

function searchField(id) {
  const input = make("input", { class: "control", type: "search", id: `${id}s`, autocomplete: "off", "aria-label": word("taxonomy.search"), placeholder: word("taxonomy.search") });
  return { input, element: make("div", { class: "trail-search" }, input) };
}
