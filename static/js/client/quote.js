// The live estimate beside a batch's settings: the server reckons, this asks it after each change.

import { get } from "../api.js";
import { find, make } from "../dom.js";
import { count, money, roundMoney } from "../format.js";
import { word } from "../words.js";

const PAUSE_MS = 250;
const form = find("#batch-form");
const sums = find("[data-part=sums]", form);
const said = find("[data-part=said]", form);
let timer = 0;
let asked = 0;

function plan() {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MS);
}

async function ask() {
  const query = new URLSearchParams(new FormData(form));
  query.delete("csrfmiddlewaretoken");
  asked += 1;
  const mine = asked;
  try {
    const quote = await get(`${form.getAttribute("data-quote")}?${query}`);
    if (mine === asked) show(quote);
  } catch (error) {
    if (mine === asked) fail(error);
  }
}

function show(quote) {
  const { currency } = quote;
  const lines = [
    ["quote.tasks", quote.tasks === undefined ? null : count(quote.tasks)],
    ["quote.gold", quote.gold_tasks ? count(quote.gold_tasks) : null],
    ["quote.hourly", quote.hourly_micros ? roundMoney(quote.hourly_micros, currency) : null],
    ["quote.least", quote.least_micros === undefined ? null : money(quote.least_micros, currency)],
    ["quote.worst", quote.worst_case_micros === undefined ? null : money(quote.worst_case_micros, currency)],
    ["quote.fee", quote.fee_micros === undefined ? null : money(quote.fee_micros, currency)],
    ["quote.funds", quote.funds_micros === undefined ? null : money(quote.funds_micros, currency)],
  ].filter(([, value]) => value !== null);
  sums.replaceChildren(
    ...lines.flatMap(([name, value]) => [make("dt", {}, word(name)), make("dd", { "data-sum": name }, value)]),
  );
  said.textContent = advice(quote);
  said.classList.toggle("is-wrong", said.textContent !== word("quote.said"));
}

function advice(quote) {
  const fault = Object.values(quote.errors || {})[0];
  if (fault) return fault;
  const missing = quote.worst_case_micros - quote.funds_micros;
  if (quote.floor_hourly_micros && quote.hourly_micros < quote.floor_hourly_micros) {
    return word("quote.low", { floor: roundMoney(quote.floor_hourly_micros, quote.currency) });
  }
  if (missing > 0) return word("quote.short", { missing: money(missing, quote.currency) });
  return word("quote.said");
}

function fail(error) {
  sums.replaceChildren();
  said.classList.remove("is-wrong");
  said.textContent = error.status === 400 || error.status === 422 ? error.message || word("quote.incomplete") : word("quote.failed");
}

form.addEventListener("input", plan);
form.addEventListener("change", plan);
ask();
