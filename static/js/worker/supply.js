// The next tasks, always a few ahead of the worker, so that nobody ever waits between two answers.

import { ApiError, backOff, newKey, post, serverNow } from "../api.js";
import { picturesOf } from "../row.js";
import { Store } from "./store.js";

/** An assignment with less time than this is not shown any more. */
const LEAST_LEASE_MS = 8000;
const RESERVE = 2;
const LOOK_AGAIN_MS = 20_000;

/**
 * Claims suites ahead of need. Tells `onReady()` when there is something to show and `onDry(state, error)` when there
 * is not: "loading", "nothing", "not_live", "offline", "signed_out", "forbidden", "full" (too much held), "enough" (of this batch), "others" (are asked first) or "broken".
 */
export class Supply {
  constructor({ user, batch, size }, { onReady, onDry }) {
    this.batch = batch;
    this.size = size;
    this.onReady = onReady;
    this.onDry = onDry;
    this.store = new Store(`held.${user}.${batch}`);
    this.ready = [];
    this.dry = "loading";
    this.error = null;
    this.tries = 0;
    this.timer = 0;
    this.claiming = false;
    addEventListener("online", () => this.refill());
  }

  /** Take up what was claimed before a reload, then ask for more. */
  start() {
    this.ready = this.store
      .all()
      .filter(fresh)
      .sort((a, b) => a.place - b.place);
    for (const held of this.store.all()) if (!fresh(held)) this.store.take(held.id);
    if (this.ready.length) this.onReady();
    return this.refill();
  }

  /** The next task to show, or null. It stays in the store until `settle`. */
  next() {
    while (this.ready.length && !fresh(this.ready[0])) this.store.take(this.ready.shift().id);
    const held = this.ready.shift() || null;
    this.refill();
    return held;
  }

  putBack(held) {
    this.store.put(held.id, held);
    this.ready.unshift(held);
  }

  /** Remember a half-written answer. */
  keepDraft(held, draft) {
    held.draft = draft;
    this.store.put(held.id, held);
  }

  settle(held) {
    this.store.take(held.id);
  }

  /** Everything still claimed but not answered: leaving gives it back. */
  drain() {
    clearTimeout(this.timer);
    this.stopped = true;
    const held = this.ready.splice(0);
    for (const each of held) this.store.take(each.id);
    return held.filter(fresh);
  }

  async refill() {
    if (this.claiming || this.stopped || this.ready.length > RESERVE) return;
    clearTimeout(this.timer);
    this.claiming = true;
    let wait = 0;
    try {
      const body = { batch: this.batch, size: this.size };
      const suite = await post("/api/v1/work/claims", body, { key: newKey() });
      this.tries = 0;
      this.dry = suite.assignments.length ? "loading" : "nothing";
      if (!suite.assignments.length) wait = LOOK_AGAIN_MS;
      this.add(suite);
    } catch (error) {
      wait = this.miss(error);
    } finally {
      this.claiming = false;
    }
    if (this.ready.length) this.onReady();
    else this.onDry(this.dry, this.error);
    // A small suite may not fill the reserve: go on at once, unless the server has nothing for now.
    if (wait) this.timer = setTimeout(() => this.refill(), wait);
    else if (wait === 0 && this.ready.length <= RESERVE) this.timer = setTimeout(() => this.refill(), 50);
  }

  add(suite) {
    const known = new Set(this.ready.map((held) => held.id));
    for (const assignment of suite.assignments) {
      if (known.has(assignment.id)) continue;
      const held = { ...assignment, batch: suite.batch, suite: suite.suite, place: Date.now() + this.ready.length / 1000 };
      this.store.put(held.id, held);
      this.ready.push(held);
      for (const address of picturesOf(held.task.data, suite.batch.schema)) new Image().src = address;
    }
  }

  /** Name the reason; the answer is how long to wait before asking again, in ms, or -1 for never. */
  miss(error) {
    this.error = error;
    this.tries += 1;
    if (!(error instanceof ApiError)) {
      this.dry = "broken";
      return -1;
    }
    if (error.status === 0) this.dry = "offline";
    else if (error.signedOut) this.dry = "signed_out";
    else if (error.status === 403 || error.status === 404) this.dry = "forbidden";
    else if (error.code === "batch_not_live") this.dry = "not_live";
    else if (error.code === "enough_of_this_batch") this.dry = "enough";
    else if (error.code === "others_first") this.dry = "others";
    else if (["too_many_held", "team_holds_too_many"].includes(error.code)) this.dry = "full";
    else if (error.status === 409) this.dry = "nothing";
    else this.dry = "broken";
    if (["signed_out", "forbidden", "enough"].includes(this.dry)) return -1;
    if (["nothing", "not_live", "others"].includes(this.dry)) return LOOK_AGAIN_MS;
    return error.retryAfterMs || backOff(this.tries, 1000, 30_000);
  }
}

function fresh(held) {
  return Date.parse(held.lease_expires_at) - serverNow() > LEAST_LEASE_MS;
}
