// The one way to the server: CSRF, problem+json as errors, idempotency keys, calm retries, the server's clock.

const RETRY_STATUS = new Set([429, 502, 503, 504]);
// "permission_denied" is what a stale CSRF token gets: somebody signed in or out in another tab.
const SIGNED_OUT_CODES = new Set(["not_authenticated", "authentication_failed", "permission_denied"]);
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 15_000;

let clockOffsetMs = 0;

/** What went wrong, with the server's stable `code`; `status` 0 means the network did not answer. */
export class ApiError extends Error {
  constructor({ status, code, detail, errors = [], retryAfterMs = 0 }) {
    super(detail || code);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.retryAfterMs = retryAfterMs;
  }

  /** True when the same request may well succeed later. */
  get passing() {
    return this.status === 0 || this.status >= 500 || this.status === 429 || this.code === "in_progress";
  }

  get signedOut() {
    return this.status === 401 || (this.status === 403 && SIGNED_OUT_CODES.has(this.code));
  }
}

/** The server's present time in milliseconds: leases are the server's, and clocks on phones are not. */
export function serverNow() {
  return Date.now() + clockOffsetMs;
}

/** A fresh key for one intended change; keep it and resend it with every try of that change. */
export function newKey() {
  if (globalThis.crypto?.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Wait before try `n` (from 0): doubles, with a third of chance so that clients do not march in step. */
export function backOff(n, first = FIRST_WAIT_MS, longest = LONGEST_WAIT_MS) {
  const wait = Math.min(longest, first * 2 ** n);
  return wait * (0.83 + Math.random() / 3);
}

/** GET as JSON; tries again `retries` times when the fault may pass. */
export const get = (path, options = {}) => call("GET", path, undefined, { retries: 2, ...options });

/** POST JSON (or FormData). With `key` the change happens once however often it is sent. */
export const post = (path, body = {}, options = {}) => call("POST", path, body, options);

async function call(method, path, body, { retries = 0, ...options } = {}) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await once(method, path, body, options);
    } catch (error) {
      const again = error instanceof ApiError && error.passing && attempt < retries;
      if (!again) throw error;
      await sleep(error.retryAfterMs || backOff(attempt));
    }
  }
}

async function once(method, path, body, { key, signal, keepalive = false, timeoutMs = 20_000 }) {
  const limit = AbortSignal.timeout(timeoutMs);
  const headers = { Accept: "application/json" };
  const init = { method, headers, credentials: "same-origin", keepalive, signal: limit };
  if (signal && AbortSignal.any) init.signal = AbortSignal.any([limit, signal]);
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (key) headers["Idempotency-Key"] = key;
  if (body instanceof FormData) init.body = body;
  else if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  const sent = Date.now();
  let response;
  try {
    response = await fetch(path, init);
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError({ status: 0, code: "network", detail: String(cause?.message || cause) });
  }
  learnClock(response.headers.get("Date"), sent);
  const reply = await readJson(response);
  if (response.ok) return reply;
  throw new ApiError({
    status: response.status,
    code: reply?.code || `http_${response.status}`,
    detail: reply?.detail || reply?.title || response.statusText,
    errors: reply?.errors || [],
    retryAfterMs: RETRY_STATUS.has(response.status) ? 1000 * Number(response.headers.get("Retry-After") || 0) : 0,
  });
}

async function readJson(response) {
  const type = response.headers.get("Content-Type") || "";
  if (response.status === 204 || !type.includes("json")) return null;
  try {
    return await response.json();
  } catch {
    return null;
  }
}

/** The Date header has whole seconds, so only a difference of more than two of them is believed. */
function learnClock(date, sent) {
  const theirs = Date.parse(date || "");
  if (Number.isNaN(theirs)) return;
  const offset = theirs + 500 - (sent + Date.now()) / 2;
  clockOffsetMs = Math.abs(offset) > 2000 ? offset : 0;
}

/** The cookie before the page: a sign-in in another tab changes the token under an open screen. */
export function csrfToken() {
  const cookie = document.cookie.split("; ").find((each) => each.startsWith("csrftoken="));
  if (cookie) return decodeURIComponent(cookie.slice("csrftoken=".length));
  return document.querySelector('meta[name="csrf-token"]')?.content || "";
}
