// What every page shares: faults beside their fields, and what a lost connection says.

const slots = () => document.querySelectorAll(".fault[id^='fault-']");

function placeFaults() {
  if (!document.getElementById("live")) return;
  const found = new Map();
  for (const row of document.querySelectorAll("#faults [data-fault]")) {
    const missing = row.dataset.missing !== undefined;
    found.set(row.dataset.fault, { words: row.querySelector(".words").textContent, missing });
  }
  for (const slot of slots()) {
    const key = slot.id.slice("fault-".length);
    const { words, missing } = found.get(key) ?? { words: "", missing: false };
    slot.textContent = words;
    slot.hidden = !words;
    slot.classList.toggle("is-missing", missing);
    const input = document.getElementById(`input-${key}`);
    if (words && !missing) input?.setAttribute("aria-invalid", "true");
    else input?.removeAttribute("aria-invalid");
  }
}

function say(words) {
  const place = document.getElementById("message");
  if (!place) return;
  const notice = document.createElement("p");
  notice.className = "notice is-error";
  notice.textContent = words;
  place.replaceChildren(notice);
}

// a form that stood on the page before the last change knows an older version; the page knows the newest
document.addEventListener("htmx:configRequest", (event) => {
  const version = document.getElementById("version");
  if (version && event.detail.formData.has("version")) event.detail.formData.set("version", version.value);
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target?.id === "live") placeFaults();
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
