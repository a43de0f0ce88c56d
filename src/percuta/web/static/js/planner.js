// The planner: the depth slider, steps that are dragged, what is said to a screen reader after a change.

const said = document.createElement("p");
said.className = "visually-hidden";
said.setAttribute("role", "status");
document.body.append(said);

// --- depth ---

function turned(slider) {
  const text = `${Number(slider.value)} mm`;
  slider.setAttribute("aria-valuetext", text);
  const output = document.getElementById(`turned-${slider.dataset.number}`);
  if (output) output.textContent = text;
}

// Look again at the needle: at the depth that the slider shows, which may not be kept yet.
function look(number) {
  const slider = document.getElementById(`slide-${number}`);
  window.htmx.trigger(slider ?? document.getElementById(`glance-${number}`), "refresh");
}

document.addEventListener("input", (event) => {
  const slider = event.target.closest?.("input[type=range][data-input]");
  if (!slider) return;
  turned(slider);
  document.getElementById(slider.dataset.input).value = Number(slider.value);
});

document.addEventListener("change", (event) => {
  const slider = event.target.closest?.("input[type=range][data-input]");
  if (slider) {
    // what is kept is the number field, which posts by itself
    document.getElementById(slider.dataset.input).dispatchEvent(new Event("change", { bubbles: true }));
    return;
  }
  const typed = document.querySelector(`input[type=range][data-input="${event.target.id}"]`);
  if (event.target.id && typed && Number(event.target.value) && typed.value !== event.target.value) {
    typed.value = event.target.value;
    turned(typed);
  }
  const zone = event.target.closest?.("select[id^=glance-zone-]");
  if (zone) look(zone.dataset.number);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { pathInfo, successful } = event.detail;
  if (!successful || !pathInfo?.requestPath?.endsWith("/edit")) return;
  for (const place of document.querySelectorAll(".glance")) look(place.dataset.number);
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
  document.querySelector("#main [autofocus]")?.focus({ preventScroll: false });
});
