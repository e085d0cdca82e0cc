// The desk as the eye sees it: the queue, the case with its answers as columns, the decision.

import { badge, findAll, icon, make } from "../dom.js";
import { ago, clock } from "../format.js";
import { drawRow } from "../row.js";
import { word } from "../words.js";

const SOON_SECONDS = 60;

export class View {
  constructor(root) {
    this.root = root;
    this.part = Object.fromEntries(findAll("[data-part]", root).map((part) => [part.dataset.part, part]));
  }

  showQueue(disputes, currentId) {
    this.part.count.textContent = word("queue.count", { count: disputes.length });
    const items = disputes.map((dispute) => {
      const title = reasonOf(dispute);
      const due = dispute.due_at ? word("due", { when: ago(dispute.due_at) }) : "";
      const button = make(
        "button",
        { type: "button", "data-take": dispute.id },
        make("span", {}, title),
        make("span", { class: "quiet small" }, due || ago(dispute.opened_at)),
      );
      return make("li", { "aria-current": dispute.id === currentId ? "true" : null }, button);
    });
    this.part.queue.replaceChildren(...items);
  }

  showCase(dispute, form, { onAdopt }) {
    const { part } = this;
    part.state.hidden = true;
    part.case.hidden = false;
    part.panel.hidden = false;
    part.row.replaceChildren(drawRow(dispute.task.data, dispute.batch.schema, form.stages));
    part.case.scrollTop = 0;
    part.why.replaceChildren(badge("disputed", reasonOf(dispute)));
    part.answers.replaceChildren(
      ...dispute.answers.map((answer, place) => this.drawAnswer(answer, place, form, onAdopt)),
    );
    part.questions.replaceChildren(form.element);
    const guidelines = dispute.batch.guidelines_html;
    part.guide_text.innerHTML = guidelines || ""; // Sanitised by the server, as on the worker's screen.
    part.guide_button.hidden = !guidelines;
    part.reason.value = part.reason.options[0].value;
    part.note.value = "";
    part.fault.textContent = "";
    this.mark(null);
    part.case.focus({ preventScroll: true });
    this.announce(word("desk.new_case"));
  }

  drawAnswer(answer, place, form, onAdopt) {
    const { questions } = form.schema;
    const parts = questions.map((question) => {
      const value = valueOf(answer.value, question.name);
      const [text = "–"] = value === undefined ? [] : form.inWords({ [question.name]: value });
      const label = questions.length > 1 ? make("p", { class: "shown-label" }, question.title || question.name) : "";
      return make("div", {}, label, make("p", { class: "answer-value", dir: "auto" }, text));
    });
    const key = make("kbd", { class: "keyboard-only", "aria-hidden": "true" }, answer.who.toLowerCase());
    const name = word("desk.worker", { who: answer.who });
    return make(
      "div",
      { class: "answer", "data-place": place, role: "group", "aria-label": name },
      make("p", { class: "quiet small" }, name),
      ...parts,
      make("button", { type: "button", class: "button small", onclick: () => onAdopt(place) }, word("desk.adopt"), key),
    );
  }

  /** Underline the answers that say what the expert has chosen. */
  mark(test) {
    for (const column of findAll(".answer", this.part.answers)) {
      column.classList.toggle("adopted", Boolean(test?.(Number(column.dataset.place))));
    }
  }

  showState(state, { waiting = 0, detail = "" } = {}) {
    const { part } = this;
    part.case.hidden = true;
    part.panel.hidden = true;
    part.state.hidden = false;
    part.timer.textContent = "";
    const lines = [
      make("h2", {}, word(`state.${state}.title`, { count: waiting })),
      make("p", {}, word(`state.${state}.text`, { count: waiting })),
    ];
    if (detail) lines.push(make("p", { class: "quiet small" }, detail));
    const acts = make("p", { class: "actions" });
    if (["waiting", "broken", "lost"].includes(state)) {
      const key = make("kbd", { class: "keyboard-only", "aria-hidden": "true" }, "↵");
      acts.append(make("button", { type: "button", class: "button primary", "data-act": "next" }, word(`state.${state}.act`), key));
    }
    if (state === "signed_out") {
      acts.append(make("a", { class: "button primary", href: this.root.dataset.login }, word("state.sign_in")));
    }
    const shapes = { quiet: "right", waiting: "disputed", offline: "offline", loading: "waiting", forbidden: "info" };
    part.state.replaceChildren(icon(shapes[state] || "info"), ...lines, acts);
    this.announce(word(`state.${state}.title`, { count: waiting }));
  }

  showTimer(seconds) {
    this.part.timer.textContent = seconds > 2 * SOON_SECONDS ? word("timer.minutes", { n: Math.floor(seconds / 60) }) : word("timer.left", { n: clock(seconds) });
    this.part.timer.classList.toggle("soon", seconds <= SOON_SECONDS);
  }

  showLink(up) {
    this.part.link.replaceChildren(badge(up ? "right" : "waiting", word(up ? "link.live" : "link.polling"), up ? "live" : "waiting"));
  }

  showDone(count) {
    this.part.done.textContent = count ? word("desk.done", { count }) : "";
  }

  announce(text) {
    this.part.live.textContent = "";
    setTimeout(() => {
      this.part.live.textContent = text;
    }, 60);
  }
}

/** Why it came; a reason without a word of ours is shown as the server names it. */
function reasonOf({ reason }) {
  const name = `reason.${reason}`;
  const text = word(name);
  return text === name ? String(reason).replaceAll("_", " ") : text;
}

/** An answer is question to value; a bare value stands for the only question. */
export function valueOf(answer, name) {
  const isAnswer = answer !== null && typeof answer === "object" && !Array.isArray(answer);
  return isAnswer ? answer[name] : answer;
}
