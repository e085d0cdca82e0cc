// What was done since the worker sat down, and how long the present task has really been looked at.

const KEY = "assay.sitting";

/** Answers and reward of this sitting; lives as long as the tab. */
export class Sitting {
  constructor() {
    const stored = JSON.parse(sessionStorage.getItem(KEY) || "null");
    this.answers = stored?.answers ?? 0;
    this.micros = stored?.micros ?? {};
  }

  /** One more answer, worth `micros` of `currency`. */
  add(micros, currency) {
    this.answers += 1;
    this.micros[currency] = (this.micros[currency] ?? 0) + micros;
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ answers: this.answers, micros: this.micros }));
    } catch {
      // Only the count after a reload is lost.
    }
  }
}

/** Seconds in which the page was in view since `start`. */
export class Stopwatch {
  constructor() {
    this.start();
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.pause();
      else this.since = performance.now();
    });
  }

  start(already = 0) {
    this.spent = already * 1000;
    this.since = performance.now();
  }

  pause() {
    this.spent += performance.now() - this.since;
    this.since = performance.now();
  }

  get seconds() {
    const running = document.hidden ? 0 : performance.now() - this.since;
    return Math.round((this.spent + running) / 100) / 10;
  }
}
