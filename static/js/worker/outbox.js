// Answers on their way: kept in the browser until the server has them, sent with the same key however often.

import { ApiError, backOff, newKey, post } from "../api.js";
import { Store } from "./store.js";

const SIGNED_OUT_WAIT_MS = 30_000;

/**
 * Sends what it holds, one after the other, in order of time.
 * Tells `on.saved(entry, reply)`, `on.refused(entry, error)` and `on.state(state)`, where state is
 * "idle", "held", "sending", "waiting" (network or server away) or "signed_out".
 */
export class Outbox {
  constructor(user, on) {
    this.store = new Store(`outbox.${user}`);
    this.on = on;
    this.busy = false;
    this.tries = 0;
    this.sent = false;
    this.timer = 0;
    this.entryInFlight = null;
    addEventListener("online", () => this.flush());
  }

  /** Entries not yet with the server. */
  get size() {
    return this.store.all().length;
  }

  /** Keep an answer (or a return) and send it after `holdMs`, in which it can be withdrawn. */
  hold({ assignment, action, body, memo = {} }, holdMs) {
    const entry = { assignment, action, body, memo, key: newKey(), at: Date.now(), notBefore: Date.now() + holdMs };
    this.store.put(assignment, entry);
    this.plan(holdMs);
    this.on.state("held");
    return entry;
  }

  /** Take an entry back; false when it is already on its way. */
  withdraw(assignment) {
    if (this.entryInFlight === assignment || !this.store.has(assignment)) return false;
    this.store.take(assignment);
    if (!this.size) this.on.state("idle");
    return true;
  }

  /** Send everything now, without waiting for the time to undo: the next answer was given, or the page goes. */
  release() {
    for (const entry of this.store.all()) {
      if (entry.notBefore) this.store.put(entry.assignment, { ...entry, notBefore: 0 });
    }
    return this.flush();
  }

  plan(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), Math.max(0, ms));
  }

  async flush() {
    if (this.busy) return;
    this.busy = true;
    try {
      for (let entry = this.due(); entry; entry = this.due()) {
        if (!(await this.send(entry))) break;
      }
    } finally {
      this.busy = false;
    }
    const waiting = this.store.all().filter((entry) => entry.notBefore > Date.now());
    if (waiting.length) this.plan(Math.min(...waiting.map((entry) => entry.notBefore)) - Date.now() + 20);
    else if (!this.size && this.sent) this.on.state("idle");
  }

  due() {
    return this.store
      .all()
      .filter((entry) => entry.notBefore <= Date.now())
      .sort((a, b) => a.at - b.at)[0];
  }

  /** True when the queue may go on with the next entry. */
  async send(entry) {
    this.entryInFlight = entry.assignment;
    this.on.state("sending");
    const path = `/api/v1/assignments/${entry.assignment}/${entry.action}`;
    try {
      // keepalive: the request outlives the page when the tab is closed in this moment.
      const reply = await post(path, entry.body, { key: entry.key, keepalive: true });
      this.tries = 0;
      this.sent = true;
      this.store.take(entry.assignment);
      this.on.saved(entry, reply);
      return true;
    } catch (error) {
      return this.fail(entry, error);
    } finally {
      this.entryInFlight = null;
    }
  }

  fail(entry, error) {
    if (!(error instanceof ApiError) || error.passing) {
      this.on.state("waiting");
      this.plan(error.retryAfterMs || backOff(this.tries, 1000, 30_000));
      this.tries += 1;
      return false;
    }
    if (error.signedOut) {
      this.on.state("signed_out");
      this.plan(SIGNED_OUT_WAIT_MS);
      return false;
    }
    this.store.take(entry.assignment);
    this.on.refused(entry, error);
    return true;
  }
}
