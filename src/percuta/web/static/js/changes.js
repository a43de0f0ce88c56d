// Changes on their way to the plan: what is said of them, what waits for them, and that none gets lost.

import { at, placeOf } from "./places.js";

const FIELDS = "input:not([type=hidden]), select, textarea";

const waiting = []; // changes that stand behind another one
const sent = new Map(); // the request on its way, and the fields that it carries
const failed = new Set(); // ids of what was not kept
let leaving = null; // what leaves this page once everything is kept

export const unsent = new Set(); // fields that were typed into and have not been sent since
export const pending = () => waiting.length + sent.size;

// Return the fields that an element sends when it posts.
const fieldsOf = (element) => (element.matches(FIELDS) ? [element] : [...element.querySelectorAll(FIELDS)]);
const holderOf = (element) => element.closest("[id]")?.id ?? "";

// Put what was typed into one field into another; tell whether that one holds something else.
export function copy(from, to) {
  if (from.type === "radio" || from.type === "checkbox") {
    if (from.checked === to.checked) return false;
    to.checked = from.checked;
  } else {
    if (from.value === to.value) return false;
    to.value = from.value;
  }
  return true;
}

function show() {
  const place = document.querySelector(".saved");
  const words = pending() ? "Saving…" : failed.size ? "Not saved" : "Saved";
  if (place && place.textContent !== words) place.textContent = words;
}

export function say(words) {
  const place = document.getElementById("message");
  if (!place) return;
  const notice = document.createElement("p");
  notice.className = "notice is-error";
  notice.textContent = words;
  place.replaceChildren(notice);
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.(FIELDS) && event.target.closest("[hx-post]")) unsent.add(event.target);
});

// --- on the way ---

// One at a time: each one needs the version that the one before it gave.
document.addEventListener("htmx:confirm", (event) => {
  const { elt, verb, triggeringEvent, issueRequest } = event.detail;
  if (verb !== "post") return;
  event.preventDefault();
  const place = placeOf(triggeringEvent?.submitter ?? elt);
  waiting.push({ element: elt, place, typed: triggeringEvent?.type === "change", send: () => issueRequest(true) });
  next();
});

document.addEventListener("htmx:beforeRequest", ({ detail: { requestConfig, xhr } }) => {
  if (requestConfig.verb !== "post") return;
  const fields = fieldsOf(requestConfig.elt);
  sent.set(xhr, fields.filter((field) => unsent.delete(field)));
});

document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, xhr } }) => {
  const fields = sent.get(xhr);
  if (!fields) return;
  sent.delete(xhr);
  const holder = holderOf(requestConfig.elt);
  if (xhr.status >= 200 && xhr.status < 300) {
    failed.delete(holder);
  } else {
    failed.add(holder);
    for (const field of fields) unsent.add(field);
  }
  queueMicrotask(next); // once htmx is done with this one
});

function next() {
  while (!sent.size && waiting.length) {
    const one = waiting.shift();
    if (one.element.isConnected) one.send();
    else sendAgain(one);
  }
  show();
  if (!pending()) ended();
}

// What waited behind a change that built its part of the page anew is asked for by what stands there now.
function sendAgain({ element, place, typed }) {
  const now = at(place);
  const fields = [element, now].flatMap((each) => (each ? fieldsOf(each) : []));
  if (typed && !fields.some((field) => unsent.has(field))) return; // went along with another
  if (!now) say("The page was built anew before your last change was sent, so it is not kept. Make it again.");
  else if (typed) resend(element, now);
  else if (now.tagName === "FORM") now.requestSubmit();
  else now.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
}

function resend(before, now) {
  const fields = fieldsOf(now);
  fieldsOf(before).forEach((field, place) => {
    unsent.delete(field);
    if (fields[place]) copy(field, fields[place]);
  });
  window.htmx.trigger(now, "change");
}

// Say that #main was built anew: nothing of the page before waits or failed but what was carried over.
export function rebuilt() {
  const open = new Set([...unsent].map((field) => holderOf(field.closest("[hx-post]"))));
  for (const holder of failed) if (!open.has(holder)) failed.delete(holder);
}

// --- leaving ---

function ended() {
  document.dispatchEvent(new CustomEvent("percuta:kept"));
  const go = leaving;
  leaving = null;
  if (!failed.size) go?.();
}

function hold(event, go) {
  if (!pending() || event.defaultPrevented) return;
  event.preventDefault();
  leaving = go;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]:not([download], [target])");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const here = link.hash && link.href.split("#")[0] === location.href.split("#")[0];
  if (!here) hold(event, () => location.assign(link.href));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("hx-post") || form.hasAttribute("hx-get")) return;
  const [place, button] = [placeOf(form), event.submitter];
  hold(event, () => at(place)?.requestSubmit(button?.isConnected ? button : undefined));
});

addEventListener("beforeunload", (event) => {
  if (pending()) event.preventDefault();
});
