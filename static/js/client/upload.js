// Sends a data file with a progress bar. XMLHttpRequest, because fetch does not tell how much was sent.

import { csrfToken, newKey } from "../api.js";
import { find } from "../dom.js";
import { word } from "../words.js";

const MB = 1_048_576;
const form = find("#upload");
const part = (name) => find(`[data-part=${name}]`, form);
let key = newKey();

const size = (bytes) => `${(bytes / MB).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} MB`;

function send() {
  const request = new XMLHttpRequest();
  request.open("POST", form.getAttribute("data-api"));
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.setRequestHeader("Idempotency-Key", key);
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) => progress(loaded, total));
  request.addEventListener("load", () => arrived(request));
  // The key stays: sending the same file again after a broken line is the same upload.
  request.addEventListener("error", () => fail(word("upload.failed")));
  request.send(new FormData(form));
  busy(true);
}

function progress(loaded, total) {
  part("progress").hidden = false;
  find("#bar").value = total ? (100 * loaded) / total : 0;
  part("said").textContent = loaded < total ? word("upload.sending", { done: size(loaded), all: size(total) }) : word("upload.sent");
}

function arrived(request) {
  if (request.status >= 200 && request.status < 300) {
    location.assign(form.getAttribute("data-page").replace("DATASET", request.response.id));
    return;
  }
  key = newKey();
  const faults = (request.response?.errors || []).map((fault) => fault.detail).join(" ");
  fail(faults || request.response?.detail || word("upload.failed"));
}

function fail(text) {
  busy(false);
  part("progress").hidden = true;
  part("fault").textContent = text;
}

function busy(yes) {
  part("fault").textContent = "";
  find("button[type=submit]", form).disabled = yes;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  send();
});
form.addEventListener("change", () => {
  key = newKey();
  const file = find("input[type=file]", form)?.files[0];
  const name = find("input[name=name]", form);
  if (file && name && !name.value) name.value = file.name.replace(/\.[^.]+$/, "");
});
