// The answering screen: shows a task, takes the answer, sends it in the background, shows the next at once.

import { serverNow } from "../api.js";
import { find, isTyping, readSettings } from "../dom.js";
import { QuestionForm } from "../questions.js";
import { word } from "../words.js";
import { Outbox } from "./outbox.js";
import { Sitting, Stopwatch } from "./sitting.js";
import { Supply } from "./supply.js";
import { View } from "./view.js";

/** The chosen option is seen for this long before the next task comes; another key changes the choice. */
const BEAT_MS = 180;
/** Keys are deaf this long after a swap: a bouncing key must not answer a task nobody has seen. */
const DEAF_MS = 200;
const SLOW_MS = 4000;
const DRAFT_MS = 1500;

class Screen {
  constructor(root, settings) {
    this.settings = { undo_ms: 3500, size: 5, ...settings };
    this.view = new View(root);
    this.sitting = new Sitting();
    this.watch = new Stopwatch();
    this.held = null;
    this.last = null;
    this.outbox = new Outbox(this.settings.user, {
      saved: (entry) => this.saved(entry),
      refused: (entry, error) => this.refused(entry, error),
      state: (state) => this.outboxState(state),
    });
    this.supply = new Supply(this.settings, {
      onReady: () => this.held || this.showNext(),
      onDry: (state, error) => this.held || this.showDry(state, error),
    });
    this.listen(root);
  }

  start() {
    this.view.showState("loading");
    this.slow = setTimeout(() => this.held || this.view.showState("slow"), SLOW_MS);
    this.outbox.flush();
    this.supply.start();
    setInterval(() => this.tick(), 1000);
  }

  listen(root) {
    const acts = {
      submit: () => this.submit(),
      skip: () => this.skip(),
      undo: () => this.undo(),
      guide: () => this.view.toggleGuide(),
      keys: () => find("#keys").showModal(),
      again: () => this.again(),
      leave: () => this.leave(),
    };
    this.acts = acts;
    root.addEventListener("click", (event) => {
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (act && acts[act]) {
        event.preventDefault();
        acts[act]();
      }
    });
    document.addEventListener("keydown", (event) => this.key(event));
    addEventListener("pagehide", () => this.outbox.release());
    document.addEventListener("visibilitychange", () => document.hidden && this.outbox.release());
  }

  showNext() {
    clearTimeout(this.beat);
    this.held = this.supply.next();
    if (!this.held) return this.showDry(this.supply.dry, this.supply.error);
    clearTimeout(this.slow);
    this.show(this.held.draft?.answer, this.held.draft?.seconds);
  }

  show(answer = {}, seconds = 0) {
    this.form = new QuestionForm(this.held.batch.schema, {
      answer,
      row: this.held.task.data,
      seed: this.held.id,
      onChange: () => this.changed(),
      onPick: (name, byHand) => this.picked(byHand),
    });
    this.shownAt = performance.now();
    this.watch.start(seconds);
    this.view.showTask(this.held, this.form);
    this.view.showSitting(this.sitting);
    this.tick();
  }

  showDry(state, error) {
    this.held = null;
    const detail = state === "broken" ? error?.message : "";
    this.view.showState(state, { kept: this.outbox.size, detail });
  }

  changed() {
    clearTimeout(this.drafting);
    const held = this.held;
    const save = () => this.supply.keepDraft(held, { answer: this.form.answer, seconds: this.watch.seconds });
    this.drafting = setTimeout(() => this.held === held && save(), DRAFT_MS);
  }

  picked(byHand) {
    clearTimeout(this.beat);
    if (byHand && this.form.oneChoice && !this.slowHand) this.beat = setTimeout(() => this.submit(), BEAT_MS);
  }

  get slowHand() {
    return localStorage.getItem("assay.confirm") === "1";
  }

  submit() {
    clearTimeout(this.beat);
    if (!this.held || !this.form.check()) return;
    const { answer } = this.form;
    const body = { answer, fence: this.held.fence, seconds: this.watch.seconds };
    this.pass("submit", body, answer, word("answered", { answer: inShort(this.form.inWords(answer)) }));
  }

  skip() {
    clearTimeout(this.beat);
    if (this.held) this.pass("return", {}, this.form.answer, word("skipped"));
  }

  /** Hand the task to the outbox and go on. Only the newest can be undone: the one before is sent now. */
  pass(action, body, answer, undo) {
    clearTimeout(this.drafting);
    const { held } = this;
    const sent = this.outbox.release();
    const left = Date.parse(held.lease_expires_at) - serverNow();
    const hold = left > 3 * this.settings.undo_ms ? this.settings.undo_ms : 0;
    const memo = { reward_micros: held.batch.reward_micros, currency: held.batch.currency, held };
    this.last = { held, answer, seconds: body.seconds || this.watch.seconds, undo };
    this.supply.settle(held);
    this.outbox.hold({ assignment: held.id, action, body, memo }, hold);
    this.view.note("");
    this.showNext();
    return sent;
  }

  undo() {
    const { last } = this;
    if (!last || !this.outbox.withdraw(last.held.id)) return;
    clearTimeout(this.beat);
    if (this.held) this.supply.putBack(this.held);
    this.held = last.held;
    this.supply.keepDraft(last.held, { answer: last.answer, seconds: last.seconds });
    this.last = null;
    this.show(last.answer, last.seconds);
    this.view.announce(word("undone"));
  }

  saved(entry) {
    if (this.last?.held.id === entry.assignment) this.last = null;
    if (entry.action !== "submit") return;
    this.sitting.add(entry.memo.reward_micros || 0, entry.memo.currency);
    this.view.showSitting(this.sitting);
  }

  /** The server will not have it. A faulty answer comes back to the screen; anything else is told and let go. */
  refused(entry, error) {
    if (this.last?.held.id === entry.assignment) this.last = null;
    if (entry.action !== "submit") return;
    if (error.code === "answer_invalid" && entry.memo.held) {
      if (this.held) this.supply.putBack(this.held);
      this.held = entry.memo.held;
      this.show(entry.body.answer, entry.body.seconds);
      for (const fault of error.errors) this.form.showFault(fault.where, fault.detail);
      return;
    }
    const known = ["lease_expired", "lease_fenced", "assignment_returned", "answer_already_stored"];
    this.view.note(known.includes(error.code) ? word(`refused.${error.code}`) : word("refused.other", { detail: error.message }));
  }

  outboxState(state) {
    const undo = state === "held" && this.last ? this.last.undo : "";
    this.view.showSaved(state, { kept: this.outbox.size, undo });
    if (!this.held && !this.view.part.state.hidden) this.showDry(this.supply.dry, this.supply.error);
  }

  again() {
    this.view.showState("loading");
    this.outbox.flush();
    this.supply.refill();
  }

  /** Give back what was claimed ahead, so that others need not wait for it, then leave. */
  leave() {
    const held = [...(this.held ? [this.held] : []), ...this.supply.drain()];
    for (const each of held) {
      this.supply.settle(each);
      this.outbox.hold({ assignment: each.id, action: "return", body: { skipped: false } }, 0);
    }
    this.held = null;
    const patience = new Promise((resolve) => setTimeout(resolve, 2500));
    return Promise.race([this.outbox.release(), patience]).then(() => location.assign(this.view.root.dataset.work));
  }

  tick() {
    if (!this.held) return;
    const left = (Date.parse(this.held.lease_expires_at) - serverNow()) / 1000;
    if (left > 0) return this.view.showTimer(left);
    this.supply.settle(this.held);
    this.held = null;
    this.showNext();
    this.view.note(word("refused.lease_expired"));
  }

  key(event) {
    if (event.repeat || event.isComposing || find("dialog:modal")) return;
    const typing = isTyping(event.target);
    const command = event.ctrlKey || event.metaKey;
    const done = (act) => {
      event.preventDefault();
      this.acts[act]();
    };
    if (event.key === "Escape") return this.escape(event, typing);
    if (event.altKey) return;
    const fresh = performance.now() - (this.shownAt || 0) < DEAF_MS;
    if (event.key === "Enter") return this.enter(event, typing, command, fresh);
    if (command && event.key === " ") return done("skip");
    if (typing || (command && event.key !== "z")) return;
    if (command || event.key === "u") return done("undo");
    const letters = { s: "skip", g: "guide", "?": "keys" };
    if (letters[event.key] && !fresh) return done(letters[event.key]);
    if (/^[0-9]$/.test(event.key) && this.held && !fresh && this.form.press(Number(event.key))) event.preventDefault();
  }

  enter(event, typing, command, fresh) {
    if (!this.held || fresh) return;
    const inText = event.target instanceof HTMLTextAreaElement;
    // Space presses an option that is a button; Enter sends the answer wherever the focus is among them.
    const onControl = event.target.closest?.("button:not(.choice), a, summary");
    if (onControl || (typing && inText && !command)) return;
    event.preventDefault();
    this.submit();
  }

  escape(event, typing) {
    if (this.view.part.guide.open) this.view.toggleGuide();
    else if (typing) event.target.blur();
  }
}

/** The answer in a few words, for the line that offers to undo it. */
function inShort(parts) {
  const text = parts.join(" · ");
  return text.length > 48 ? `${text.slice(0, 47)}…` : text;
}

const root = find("#screen");
const screen = new Screen(root, readSettings("screen-settings"));
const confirmFirst = find("#confirm-first");
if (confirmFirst) {
  confirmFirst.checked = screen.slowHand;
  confirmFirst.addEventListener("change", () => localStorage.setItem("assay.confirm", confirmFirst.checked ? "1" : "0"));
}
screen.start();
