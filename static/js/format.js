// Numbers, money and times as people read them, in the page's language.

const language = () => document.documentElement.lang || "en";

/** Micros as exact money: at least two decimals, more only where there is something to show. "0.0125 USD". */
export function money(micros, currency = "", places = 2) {
  const value = BigInt(Math.trunc(Number(micros) || 0));
  const size = value < 0n ? -value : value;
  const whole = new Intl.NumberFormat(language()).format(size / 1_000_000n);
  const fraction = (size % 1_000_000n).toString().padStart(6, "0").replace(/0+$/, "").padEnd(places, "0");
  const point = new Intl.NumberFormat(language()).formatToParts(1.5).find((part) => part.type === "decimal").value;
  const text = `${value < 0n ? "−" : ""}${whole}${fraction ? point + fraction : ""}`;
  return currency ? `${text}\u00a0${currency}` : text;
}

/** Micros rounded to cents, for measured or estimated amounts such as pay per hour. */
export function roundMoney(micros, currency = "") {
  return money(Math.round((Number(micros) || 0) / 10_000) * 10_000, currency);
}

export const count = (value) => new Intl.NumberFormat(language()).format(value);

export function percent(share, digits = 0) {
  return new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: digits }).format(share);
}

/** "12:05" below an hour, "1:02:00" above: a span that is counted down. */
export function clock(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  const [h, m, s] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** "3 minutes ago", from an ISO time. */
export function ago(iso, now = Date.now()) {
  const seconds = (Date.parse(iso) - now) / 1000;
  const format = new Intl.RelativeTimeFormat(language(), { numeric: "auto" });
  for (const [unit, size] of [["day", 86_400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
  }
  return format.format(Math.min(0, Math.round(seconds)), "second");
}
