// The settings of each kind, between the fields of the project editor and the schema.

import { find } from "../dom.js";

const INDENT = 2;

/**
 * By kind: `read(options)` the settings that the fields say, `write(question)` the fields that settings say, `fault(settings)`
 * the name of the sentence that says what is missing and the field it is said at.
 */
export const SETTINGS = {
  choice: withOptions(),
  choices: withOptions(),
  ranking: {
    ...withOptions(),
    read: (options) => ({ options, columns: find("#rank-columns").checked }),
    write: ({ columns }) => check("rank-columns", columns),
  },
  spans: {
    read: (options) => ({ column: field("span-column"), labels: options }),
    write: ({ column }) => put("span-column", column),
    fault({ column, labels }) {
      if (!column) return ["editor.column", "#span-column"];
      return labels.length ? null : ["editor.one_label", "options"];
    },
  },
  boxes: {
    read: (options) => ({ column: field("picture-column"), labels: options }),
    write: ({ column }) => put("picture-column", column),
    fault({ column, labels }) {
      if (!column) return ["editor.column", "#picture-column"];
      return labels.length ? null : ["editor.one_label", "options"];
    },
  },
  text: {
    read: () => ({ multiline: find("#multiline").checked }),
    write: ({ multiline }) => check("multiline", multiline),
  },
  rating: {
    read() {
      const [min, max] = [number("scale-min") ?? 1, number("scale-max") ?? 5];
      const ends = [[min, field("scale-low")], [max, field("scale-high")]].filter(([, label]) => label);
      return { min, max, labels: Object.fromEntries(ends) };
    },
    write({ min = 1, max = 5, labels = {} }) {
      put("scale-min", min);
      put("scale-max", max);
      put("scale-low", labels[min]);
      put("scale-high", labels[max]);
    },
    fault: ({ min, max }) => (min < max ? null : ["editor.scale", "#scale-max"]),
  },
  number: {
    read: () => ({
      min: number("number-min"),
      max: number("number-max"),
      step: number("number-step"),
      unit: field("number-unit"),
      tolerance: number("number-tolerance") ?? 0,
    }),
    write({ min, max, step, unit, tolerance }) {
      for (const [name, value] of Object.entries({ min, max, step, unit, tolerance })) put(`number-${name}`, value);
    },
  },
  pairwise: {
    read: () => ({ left: field("pair-left"), right: field("pair-right"), tie: find("#pair-tie").checked }),
    write({ left, right, tie }) {
      put("pair-left", left);
      put("pair-right", right);
      check("pair-tie", tie !== false);
    },
    fault: ({ left, right }) => (left && right && left !== right ? null : ["editor.two_columns", "#pair-right"]),
  },
  taxonomy: {
    read: () => ({ tree: treeOf(find("#tree").value), inner: find("#tree-inner").checked }),
    write({ tree, inner }) {
      put("tree", linesOf(tree || []).join("\n"));
      check("tree-inner", inner);
    },
    fault: ({ tree }) => (linesOf(tree).length > 1 ? null : ["editor.tree", "#tree"]),
  },
};

function withOptions() {
  return {
    read: (options) => ({ options }),
    write: () => {},
    fault: ({ options }) => (options.length > 1 ? null : ["editor.two", "options"]),
  };
}

const field = (id) => find(`#${id}`).value.trim();

const number = (id) => (field(id) === "" ? null : Number(field(id)));

function put(id, value) {
  find(`#${id}`).value = value ?? "";
}

function check(id, value) {
  find(`#${id}`).checked = Boolean(value);
}

/** Lines, each below the nearest line above it that is indented less. */
function treeOf(written) {
  const root = { children: [] };
  const open = [{ depth: -1, node: root }];
  for (const line of written.split("\n").filter((each) => each.trim())) {
    const depth = line.length - line.trimStart().length;
    while (open.at(-1).depth >= depth) open.pop();
    const node = { value: line.trim(), children: [] };
    open.at(-1).node.children.push(node);
    open.push({ depth, node });
  }
  return root.children.map(bare);
}

/** A node without others below it is its value alone. */
const bare = ({ value, children }) => (children.length ? { value, children: children.map(bare) } : value);

function linesOf(nodes, depth = 0) {
  return nodes.flatMap((node) => {
    const { value, children = [] } = typeof node === "object" ? node : { value: node };
    return [" ".repeat(depth * INDENT) + value, ...linesOf(children, depth + 1)];
  });
}
