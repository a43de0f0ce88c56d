// The planner: the depth slider, steps that are dragged, what is said to a screen reader after a change.

import { pending } from "./changes.js";
import "./carried.js";

const said = document.createElement("p");
said.className = "visually-hidden";
said.setAttribute("role", "status");
document.body.append(said);

// --- depth ---

function turned(slider, text) {
  slider.setAttribute("aria-valuetext", text);
  document.getElementById(`turned-${slider.dataset.number}`).textContent = text;
}

const look = (glance) => window.htmx.trigger(glance, "refresh");
const sliderOf = (number) => document.getElementById(`slide-${number}`);

document.addEventListener("input", (event) => {
  const slider = event.target.closest?.("input[type=range][data-input]");
  if (!slider) return;
  turned(slider, `${Number(slider.value)} mm`);
  const typed = document.getElementById(slider.dataset.input);
  typed.value = Number(slider.value);
  typed.dispatchEvent(new Event("input", { bubbles: true }));
});

document.addEventListener("change", (event) => {
  const slider = event.target.closest?.("input[type=range][data-input]");
  // what is kept is the number field, which posts by itself
  if (slider) document.getElementById(slider.dataset.input).dispatchEvent(new Event("change", { bubbles: true }));
  const zone = event.target.closest?.("select[id^=glance-zone-]");
  if (zone) look(document.getElementById(`glance-${zone.dataset.number}`));
});

// Once all is kept the needles are looked at again, as the plan has them; whoever turns a dial looks ahead of it.
let edited = false;
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  edited ||= detail.pathInfo?.requestPath?.endsWith("/edit");
});
document.addEventListener("percuta:kept", () => {
  if (!edited) return;
  edited = false;
  for (const glance of document.querySelectorAll(".glance")) if (!sliderOf(glance.dataset.number)?.matches(":active")) look(glance);
});

// Only a look at the plan itself brings the depth that it has.
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  const depth = target.matches?.(".glance") && target.querySelector("data.set-depth");
  const slider = depth && sliderOf(target.dataset.number);
  if (!slider || pending() || slider.matches(":active")) return;
  if (depth.value) slider.value = depth.value;
  turned(slider, depth.textContent);
});

// --- order ---

let dragged = null;

function placeAt(row, y) {
  const box = row.getBoundingClientRect();
  return y > box.top + box.height / 2;
}

document.addEventListener("dragstart", (event) => {
  const grip = event.target.closest?.(".grip");
  if (!grip) return;
  dragged = grip.closest(".step");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.number);
  event.dataTransfer.setDragImage(dragged, 20, 20);
  dragged.classList.add("is-dragged");
});

document.addEventListener("dragover", (event) => {
  const row = dragged && event.target.closest?.(".step");
  if (!row) return;
  event.preventDefault();
  const below = placeAt(row, event.clientY);
  clear();
  row.classList.add(below ? "drop-below" : "drop-above");
});

document.addEventListener("drop", (event) => {
  const row = dragged && event.target.closest?.(".step");
  if (!row) return;
  event.preventDefault();
  const from = Number(dragged.dataset.number);
  let to = Number(row.dataset.number) + (placeAt(row, event.clientY) ? 1 : 0);
  if (to > from) to -= 1;
  const form = dragged.querySelector(".move-to");
  ended();
  if (to === from) return;
  form.elements.to.value = to;
  form.requestSubmit();
});

document.addEventListener("dragend", ended);

function clear() {
  for (const row of document.querySelectorAll(".drop-above, .drop-below")) row.classList.remove("drop-above", "drop-below");
}

function ended() {
  clear();
  dragged?.classList.remove("is-dragged");
  dragged = null;
}

// --- what was done ---

document.addEventListener("htmx:afterSettle", (event) => {
  const planner = document.getElementById("planner");
  if (!planner || event.detail.target?.id !== "main") return;
  said.textContent = planner.dataset.said;
});
