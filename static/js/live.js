// Pages that move: a part marked data-live is fetched again and exchanged while something is running.

import { find, findAll } from "./dom.js";
import { backOff } from "./api.js";

const EVERY_MS = 3000;

/**
 * <section id="…" data-live="on|off">: this page is fetched again every three seconds and each such section
 * exchanged for the new one. The server writes data-live="off" when nothing moves any more. It waits while the tab is hidden,
 * while the person is inside a part with a form or a selection, and longer after each failure.
 */
async function refresh() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (!response.ok) throw new Error(String(response.status));
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of findAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (next && !isHeld(part) && textOf(next) !== textOf(part)) exchange(part, next);
  }
}

/** What is compared. The hidden form token is new each time, and no reason to take the focus from a button. */
function textOf(part) {
  const copy = part.cloneNode(true);
  for (const token of findAll("input[name=csrfmiddlewaretoken]", copy)) token.remove();
  return copy.outerHTML.replace(/ aria-disabled="true"| disabled=""/g, "");
}

function exchange(part, next) {
  const open = findAll("details[open][id]", part).map((details) => details.id);
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.replaceWith(document.adoptNode(next));
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus();
}

function isHeld(part) {
  const selection = getSelection();
  const selecting = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  const active = part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
  return selecting || active || Boolean(find("dialog[open], details.menu[open]", part));
}

let failures = 0;

async function loop() {
  const running = findAll('[data-live="on"]').length > 0;
  if (!running) return;
  if (!document.hidden) {
    try {
      await refresh();
      failures = 0;
    } catch {
      failures += 1;
    }
    const stale = find("[data-stale]");
    if (stale) stale.hidden = failures < 2;
  }
  setTimeout(loop, failures ? backOff(failures, EVERY_MS, 60_000) : EVERY_MS);
}

setTimeout(loop, EVERY_MS);
