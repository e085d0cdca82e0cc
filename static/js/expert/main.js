// The expert's desk: take a dispute, see the answers side by side, decide; the next one is there at once.

import { ApiError, get, newKey, post, serverNow } from "../api.js";
import { find, isTyping, readSettings } from "../dom.js";
import { QuestionForm } from "../questions.js";
import { word } from "../words.js";
import { View, valueOf } from "./view.js";
import { Wire } from "./wire.js";

const API = "/api/v1/disputes";
/** Somebody who touched the desk this lately is sitting at it, so a new dispute may be put before them. */
const PRESENT_MS = 90_000;
const DEAF_MS = 250;

class Desk {
  constructor(root, settings) {
    this.view = new View(root);
    this.queue = [];
    this.handedBack = new Set();
    this.current = null;
    this.done = 0;
    this.touched = 0;
    this.working = false;
    this.wire = new Wire(
      { stream: "disputes", path: `${API}/events`, seq: settings.seq || 0 },
      { onEvents: (events, error) => this.changed(error), onLink: (up) => this.view.showLink(up) },
    );
    this.listen(root);
  }

  async start() {
    this.view.showState("loading");
    this.view.showLink(false);
    setInterval(() => this.tick(), 1000);
    await this.resume();
    this.wire.start();
  }

  /** A dispute held before a reload is taken up again: claiming one's own renews the lease. */
  async resume() {
    try {
      const mine = await get(`${API}?state=mine`);
      if (mine.results.length) await this.take(mine.results[0].id);
    } catch (error) {
      this.fail(error);
    }
  }

  listen(root) {
    this.acts = {
      next: () => this.next(),
      decide: () => this.decide("decided"),
      undecidable: () => this.decide("undecidable"),
      release: () => this.release(),
      guide: () => this.toggleGuide(),
      keys: () => find("#keys").showModal(),
    };
    root.addEventListener("click", (event) => {
      this.touched = Date.now();
      const act = event.target.closest("[data-act]")?.dataset.act;
      const wanted = event.target.closest("[data-take]")?.dataset.take;
      if (act && this.acts[act]) this.acts[act]();
      else if (wanted) this.switchTo(wanted);
    });
    document.addEventListener("keydown", (event) => this.key(event));
  }

  async changed(error) {
    if (error) return this.current || this.fail(error);
    try {
      await this.readQueue();
    } catch (fault) {
      return this.current || this.fail(fault);
    }
    this.view.showQueue(this.queue, this.current?.id);
    if (this.current || this.working) return undefined;
    const present = !document.hidden && Date.now() - this.touched < PRESENT_MS;
    if (present && this.queue.some((each) => !this.handedBack.has(each.id))) return this.next();
    return this.rest();
  }

  /** Most urgent first, as the server has it; what this expert handed back goes behind the others. */
  async readQueue() {
    const open = await get(`${API}?state=open`);
    const back = (each) => Number(this.handedBack.has(each.id));
    this.queue = open.results.sort((a, b) => back(a) - back(b));
  }

  rest() {
    if (this.current) return;
    this.view.showState(this.queue.length ? "waiting" : "quiet", { waiting: this.queue.length });
  }

  /** Take the most urgent dispute that nobody else has; another expert may be quicker, then the one after. */
  async next() {
    if (this.working || this.current) return;
    this.working = true;
    try {
      while (this.queue.length && !this.current) {
        const dispute = this.queue.shift();
        await this.take(dispute.id);
      }
      if (!this.current) {
        await this.readQueue();
        this.rest();
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.working = false;
    }
    this.view.showQueue(this.queue, this.current?.id);
  }

  async take(id) {
    try {
      const dispute = await post(`${API}/${id}/claim`, {}, { key: newKey(), retries: 2 });
      this.show(dispute);
      this.queue = this.queue.filter((each) => each.id !== id);
    } catch (error) {
      const gone = error instanceof ApiError && (error.status === 409 || error.status === 404);
      if (!gone) throw error;
    }
  }

  async switchTo(id) {
    if (this.working || id === this.current?.id) return;
    if (this.current) await this.release({ andNext: false });
    await this.take(id).catch((error) => this.fail(error));
    if (!this.current) this.rest();
    this.view.showQueue(this.queue, this.current?.id);
  }

  show(dispute) {
    this.current = dispute;
    this.schema = dispute.batch.schema;
    this.shownAt = performance.now();
    this.form = new QuestionForm(this.schema, { row: dispute.task.data, onChange: () => this.markSame() });
    this.view.showCase(dispute, this.form, { onAdopt: (place) => this.adopt(place) });
    this.tick();
  }

  adopt(place) {
    const answer = this.current.answers[place];
    if (!answer) return;
    const names = this.schema.questions.map((question) => question.name);
    this.form.answer = Object.fromEntries(names.map((name) => [name, valueOf(answer.value, name)]));
    this.markSame();
    this.view.announce(word("desk.adopted", { who: answer.who }));
  }

  markSame() {
    const chosen = JSON.stringify(this.shapeOf(this.form.answer));
    this.view.mark((place) => JSON.stringify(this.shapeOf(this.current.answers[place].value)) === chosen);
  }

  shapeOf(answer) {
    return this.schema.questions.map((question) => valueOf(answer, question.name) ?? null);
  }

  async decide(outcome) {
    if (!this.current || this.working) return;
    if (outcome === "decided" && !this.form.check()) return;
    const { current } = this;
    const { reason, note, fault } = this.view.part;
    this.working = true;
    fault.textContent = "";
    const body = {
      answer: outcome === "decided" ? this.form.answer : null,
      outcome,
      reason: reason.value,
      note: note.value.trim(),
      fence: current.fence,
    };
    try {
      current.key ??= newKey();
      await post(`${API}/${current.id}/decide`, body, { key: current.key, retries: 4 });
      this.done += 1;
      this.view.showDone(this.done);
      this.leave();
    } catch (error) {
      this.refused(error);
    } finally {
      this.working = false;
    }
    if (!this.current) await this.next();
  }

  refused(error) {
    // A new body needs a new key: the old one is bound to what was sent with it.
    if (this.current) this.current.key = null;
    if (error.status === 409 || error.status === 404) {
      this.leave();
      this.view.showState("lost");
      return;
    }
    if (error.status === 422) {
      for (const each of error.errors) this.form.showFault(each.where, each.detail);
    }
    this.view.part.fault.textContent = error.passing ? word("desk.not_sent") : error.message;
  }

  async release({ andNext = true } = {}) {
    if (!this.current) return;
    const { id } = this.current;
    this.handedBack.add(id);
    this.leave();
    this.working = true;
    await post(`${API}/${id}/release`, {}, { key: newKey(), retries: 2 }).catch(() => {});
    this.working = false;
    if (!andNext) return;
    await this.changed();
  }

  leave() {
    this.current = null;
    this.touched = Date.now();
    this.view.showState("loading");
  }

  fail(error) {
    if (!(error instanceof ApiError)) throw error;
    if (this.current) return;
    const state = error.status === 0 ? "offline" : error.signedOut ? "signed_out" : error.status === 403 ? "forbidden" : "broken";
    this.view.showState(state, { detail: state === "broken" ? error.message : "" });
  }

  tick() {
    if (!this.current) return;
    const left = (Date.parse(this.current.lease_expires_at) - serverNow()) / 1000;
    if (left > 0) return this.view.showTimer(left);
    this.leave();
    this.view.showState("lost");
  }

  toggleGuide() {
    const { guide, guide_button: button } = this.view.part;
    if (guide.open) guide.close();
    else guide.show();
    button.setAttribute("aria-expanded", String(guide.open));
  }

  key(event) {
    this.touched = Date.now();
    if (event.repeat || event.isComposing || event.altKey || find("dialog:modal")) return;
    const typing = isTyping(event.target);
    const command = event.ctrlKey || event.metaKey;
    const fresh = performance.now() - (this.shownAt || 0) < DEAF_MS;
    if (event.key === "Escape") return this.escape(event, typing);
    if (event.key === "Enter") return this.enter(event, typing, command, fresh);
    if (typing || command || fresh) return;
    const acts = { x: "undecidable", r: "release", g: "guide", "?": "keys" };
    const place = this.placeOf(event.key);
    if (this.current && place >= 0) return this.press(event, () => this.adopt(place));
    if (acts[event.key] && (this.current || event.key === "?")) return this.press(event, this.acts[acts[event.key]]);
    if (event.key === "n" && this.current) return this.press(event, () => this.view.part.note.focus());
    if (/^[1-9]$/.test(event.key) && this.current) this.digit(event);
  }

  press(event, act) {
    event.preventDefault();
    act();
  }

  /** A digit chooses an option; where there are none to choose from, it adopts the answer of that place. */
  digit(event) {
    event.preventDefault();
    if (!this.form.press(Number(event.key))) this.adopt(Number(event.key) - 1);
  }

  placeOf(key) {
    return this.current ? this.current.answers.findIndex((answer) => answer.who.toLowerCase() === key && !"xrgn".includes(key)) : -1;
  }

  enter(event, typing, command, fresh) {
    const onControl = event.target.closest?.("button, a, summary, select");
    const inText = event.target instanceof HTMLTextAreaElement;
    if (fresh || onControl || (typing && inText && !command)) return;
    event.preventDefault();
    if (this.current) this.decide("decided");
    else this.next();
  }

  escape(event, typing) {
    if (this.view.part.guide.open) this.toggleGuide();
    else if (typing) event.target.blur();
  }
}

new Desk(find("#desk"), readSettings("desk-settings")).start();
