// What every page does: menus that close, acts that ask once, secrets that copy, buttons that cannot be pressed twice.

import { find, findAll } from "./dom.js";

document.addEventListener("click", (event) => {
  for (const menu of findAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of findAll("details.menu[open]")) {
    menu.open = false;
    find("summary", menu).focus();
  }
});

const confirmed = new WeakSet();

/** A form with data-confirm="id" opens that dialog first; its data-yes button sends the form. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  // Not form.dataset: a field called "dataset" would stand in its place.
  const dialog = document.getElementById(form.getAttribute("data-confirm"));
  if (dialog && !confirmed.has(form)) {
    event.preventDefault();
    dialog.showModal();
    const yes = find("[data-yes]", dialog);
    yes.onclick = () => {
      confirmed.add(form);
      dialog.close();
      form.requestSubmit();
    };
    return;
  }
  const button = event.submitter;
  // Not in this turn of the loop: a disabled button would not send its own name and value.
  if (button && form.getAttribute("method") === "post") {
    setTimeout(() => {
      button.setAttribute("aria-disabled", "true");
      button.disabled = true;
    });
  }
});

/** Back from the history the buttons work again. */
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of findAll("button[aria-disabled]")) {
    button.disabled = false;
    button.removeAttribute("aria-disabled");
  }
});

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const source = document.getElementById(copy.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    copy.querySelector("[data-label]").textContent = copy.dataset.done;
  }
  if (event.target.closest("[data-print]")) print();
  const closing = event.target.closest("[data-close]");
  if (closing) closing.closest("dialog").close();
});
