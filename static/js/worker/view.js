// The answering screen as the eye sees it: parts are found once by data-part, states are whole sentences.

import { find, findAll, icon, make } from "../dom.js";
import { clock, count, money } from "../format.js";
import { drawRow } from "../row.js";
import { word } from "../words.js";

const SOON_SECONDS = 60;
const LATE_SECONDS = 15;
const MINUTES_ABOVE = 120;
const STATE_ICONS = { loading: "waiting", nothing: "right", enough: "right", others: "waiting", full: "waiting", not_live: "paused", offline: "offline", broken: "wrong" };

export class View {
  constructor(root) {
    this.root = root;
    this.part = Object.fromEntries(findAll("[data-part]", root).map((part) => [part.dataset.part, part]));
  }

  /** Put a task and its questions on the screen. */
  showTask(held, form) {
    const { part } = this;
    part.state.hidden = true;
    part.row.hidden = false;
    part.panel.hidden = false;
    part.row.replaceChildren(drawRow(held.task.data, held.batch.schema, form.stages));
    part.row.scrollTop = 0;
    part.questions.replaceChildren(form.element);
    part.questions.scrollTop = 0;
    this.setGuidelines(held.batch.guidelines_html);
    // A thumb needs no cursor, and a keyboard that slides up would cover what is to be judged.
    const keyboard = matchMedia("(pointer: fine)").matches;
    if (keyboard && !form.oneChoice) form.focus();
    else part.row.focus({ preventScroll: true });
    this.announce(word("screen.next_task"));
  }

  /** Nothing to answer: say why, what was kept, and what to do. */
  showState(state, { kept = 0, detail = "" } = {}) {
    const { part } = this;
    part.row.hidden = true;
    part.panel.hidden = true;
    part.state.hidden = false;
    part.timer.textContent = "";
    const lines = [make("h2", {}, word(`state.${state}.title`))];
    lines.push(make("p", {}, word(`state.${state}.text`)));
    if (detail) lines.push(make("p", { class: "quiet small" }, detail));
    if (kept) lines.push(make("p", {}, word("kept", { count: kept })));
    const acts = make("p", { class: "actions" });
    if (["signed_out"].includes(state)) acts.append(this.link(this.root.dataset.login, "state.sign_in", true));
    else if (state !== "loading" && state !== "forbidden") acts.append(this.button("again", "state.again", true));
    if (state !== "loading") acts.append(this.link(this.root.dataset.work, "state.other_work"));
    part.state.replaceChildren(icon(STATE_ICONS[state] || "info"), ...lines, acts);
    this.announce(word(`state.${state}.title`));
  }

  link(href, name, primary = false) {
    return make("a", { href, class: primary ? "button primary" : "button" }, word(name));
  }

  button(act, name, primary = false) {
    return make("button", { type: "button", class: primary ? "button primary" : "button", "data-act": act }, word(name));
  }

  /** One quiet line: how many answers, how much money, since sitting down. */
  showSitting(sitting) {
    const done = word("sitting", { count: sitting.answers, n: count(sitting.answers) });
    const sums = Object.entries(sitting.micros).map(([currency, micros]) => money(micros, currency));
    this.part.sitting.textContent = sitting.answers ? [done, ...sums].join(" · ") : "";
  }

  /** Whole minutes while there is time, seconds when there is little; marked only at the end. */
  showTimer(seconds) {
    const { timer } = this.part;
    const minutes = Math.floor(seconds / 60);
    timer.textContent = seconds > MINUTES_ABOVE ? word("timer.minutes", { n: minutes }) : word("timer.left", { n: clock(seconds) });
    timer.classList.toggle("soon", seconds <= SOON_SECONDS && seconds > LATE_SECONDS);
    timer.classList.toggle("late", seconds <= LATE_SECONDS);
  }

  /** The line under the button: saved, sending, kept, with undo while it can be undone. */
  showSaved(state, { kept = 0, undo = "" } = {}) {
    const shapes = { idle: "right", held: "right", sending: "waiting", waiting: "offline", signed_out: "person" };
    const text = undo || word(`saved.${state}`, { count: kept });
    this.part.saved.replaceChildren(icon(shapes[state] || "info"), make("span", {}, text));
    if (undo) {
      const key = make("kbd", { class: "keyboard-only" }, "u");
      this.part.saved.append(make("button", { type: "button", class: "button-link", "data-act": "undo" }, word("undo"), " ", key));
    }
    this.part.saved.hidden = false;
  }

  note(text) {
    this.part.note.textContent = text;
    this.part.note.hidden = !text;
  }

  setGuidelines(html) {
    if (this.guidelines === html) return;
    this.guidelines = html;
    // Sanitised by the server (Markdown without raw HTML, then an allow-list), and the CSP forbids scripts in it.
    this.part.guide_text.innerHTML = html || "";
    this.part.guide_button.hidden = !html;
  }

  toggleGuide() {
    const { guide } = this.part;
    if (!this.guidelines) return;
    if (guide.open) guide.close();
    else guide.show();
    this.part.guide_button.setAttribute("aria-expanded", String(guide.open));
  }

  announce(text) {
    const live = find("[data-part=live]", this.root);
    live.textContent = "";
    // Emptied first, and filled a moment later, so that the same sentence is read again.
    setTimeout(() => {
      live.textContent = text;
    }, 60);
  }
}
