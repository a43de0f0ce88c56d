// What every page shares: faults beside their fields, what a lost connection says, files that are too large.

import { say } from "./changes.js";

const slots = () => document.querySelectorAll(".fault[id^='fault-']");
const unkept = new Map(); // what is wrong with changes that were not kept, by field, until it is sent again

function placeFaults() {
  if (!document.getElementById("live")) return;
  const found = new Map();
  for (const row of document.querySelectorAll("#faults [data-fault]")) {
    const missing = row.dataset.missing !== undefined;
    found.set(row.dataset.fault, { words: row.querySelector(".words").textContent, missing });
  }
  for (const slot of slots()) {
    const key = slot.id.slice("fault-".length);
    const { words, missing } = unkept.get(key) ?? found.get(key) ?? { words: "", missing: false };
    slot.textContent = words;
    slot.hidden = !words;
    slot.classList.toggle("is-missing", missing);
    const input = document.querySelector(`:is(input, select, textarea)[aria-describedby~="${slot.id}"]`);
    if (words && !missing) input?.setAttribute("aria-invalid", "true");
    else input?.removeAttribute("aria-invalid");
  }
}

// a form that stood on the page before the last change knows an older version; the page knows the newest
document.addEventListener("htmx:configRequest", (event) => {
  const version = document.getElementById("version");
  if (version && event.detail.formData.has("version")) event.detail.formData.set("version", version.value);
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target?.id === "message") {
    for (const { dataset, textContent } of document.querySelectorAll("#message [data-fault]"))
      unkept.set(dataset.fault, { words: textContent, missing: false });
  }
  if (["live", "message"].includes(event.detail.target?.id)) placeFaults();
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const slot = event.target.closest?.(".field")?.querySelector(".fault[id^='fault-']");
  if (slot) unkept.delete(slot.id.slice("fault-".length));
});
document.addEventListener("htmx:afterSettle", placeFaults);
// a text that brings its own unit does not stand before another one
document.addEventListener("input", (event) => {
  const unit = event.target.closest?.(".with-unit")?.querySelector(".unit");
  if (unit) unit.hidden = /\p{L}|%/u.test(event.target.value.replace(/\d[eE][+-]?\d/, ""));
});
document.addEventListener("htmx:sendError", () =>
  say("The server does not answer, so this change is not kept yet. Start `percuta serve` again, then change the field once more."),
);
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status >= 500) say("A fault of the program: this change is not kept. Load the page again.");
});

// On a narrow page the stages of a plan are a strip: the one that is open stands within it.
const stage = document.querySelector(".stages [aria-current]");
if (stage) stage.closest(".stages").scrollLeft = stage.getBoundingClientRect().right - window.innerWidth + 24;

// A file that is too large is not sent: a server that refuses it midway could not say so.
function fits(input) {
  const largest = Number(input.dataset.largest);
  const large = [...input.files].some((file) => file.size > largest);
  const slot = document.getElementById(`fault-${input.id}`);
  slot.textContent = large ? `The file is too large for a plan; allowed: up to ${largest / 1024} kB` : "";
  slot.hidden = !large;
  if (large) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  return !large;
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.("input[data-largest]")) fits(event.target);
});
document.addEventListener("submit", (event) => {
  const input = event.target.querySelector("input[data-largest]");
  if (!input || fits(input)) return;
  event.preventDefault();
  input.focus();
});
