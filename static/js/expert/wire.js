// Knows as soon as the queue changes: a websocket wakes us, the event list says what happened, a slow poll is the net.

import { backOff, get } from "../api.js";

const POLL_MS = 15_000;
const FORBIDDEN = 4403;
const STEADY_MS = 10_000;

/** Calls `onEvents(events)` for what happened since `seq`, and `onLink(up)` when the live line comes or goes. */
export class Wire {
  constructor({ stream, path, seq = 0 }, { onEvents, onLink }) {
    this.stream = stream;
    this.path = path;
    this.seq = seq;
    this.onEvents = onEvents;
    this.onLink = onLink;
    this.tries = 0;
    this.reading = null;
  }

  start() {
    this.connect();
    this.poll = setInterval(() => this.read(), POLL_MS);
    addEventListener("online", () => this.read());
    document.addEventListener("visibilitychange", () => document.hidden || this.read());
    return this.read();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws/${this.stream}`);
    let opened = 0;
    socket.addEventListener("open", () => {
      opened = Date.now();
      this.onLink(true);
      // What came while the line was down.
      this.read();
    });
    socket.addEventListener("message", (event) => this.wake(event.data));
    socket.addEventListener("close", (event) => {
      this.onLink(false);
      if (event.code === FORBIDDEN) return;
      // A line that held for a while starts over; one that breaks at once is given more time each round.
      this.tries = opened && Date.now() - opened > STEADY_MS ? 0 : this.tries + 1;
      setTimeout(() => this.connect(), backOff(this.tries, 1000, 30_000));
    });
  }

  wake(text) {
    let message = null;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    // A seq we know already is an echo of our own act.
    if (message.stream === this.stream && message.seq > this.seq) this.read();
  }

  /** Read on from the cursor. Wake-ups during a read lead to one more read, not to several at once. */
  read() {
    if (this.reading) {
      this.again = true;
      return this.reading;
    }
    this.reading = this.catchUp().finally(() => {
      this.reading = null;
      if (this.again) {
        this.again = false;
        this.read();
      }
    });
    return this.reading;
  }

  async catchUp() {
    try {
      const reply = await get(`${this.path}?since=${this.seq}`);
      const moved = reply.seq > this.seq || reply.events.length > 0;
      this.seq = Math.max(this.seq, reply.seq);
      if (moved || !this.once) this.onEvents(reply.events);
      this.once = true;
    } catch (error) {
      this.onEvents(null, error);
    }
  }
}
