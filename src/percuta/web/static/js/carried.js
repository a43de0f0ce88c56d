// A change that builds #main anew leaves people where they are: focus, caret, what they typed, what they opened.

import { at, placeOf } from "./places.js";
import { copy, rebuilt, unsent } from "./changes.js";

const restored = new Set(); // fields that hold what was typed before, which the browser takes for theirs
let carried = null;

document.addEventListener("htmx:beforeSwap", ({ detail: { target, requestConfig } }) => {
  if (target.id !== "main") return;
  const active = target.contains(document.activeElement) && document.activeElement !== target ? document.activeElement : null;
  carried = {
    main: target,
    asked: !active || requestConfig.elt.contains(active), // whoever still is where they asked may be led elsewhere
    focus: active && { place: placeOf(active), element: active, top: active.getBoundingClientRect().top },
    fields: [...unsent].map((field) => ({ field, place: placeOf(field) })),
    opened: [...target.querySelectorAll("details[id][open]")].map(placeOf),
  };
});

document.addEventListener("htmx:afterSettle", () => {
  if (!carried || carried.main.isConnected) return;
  const { asked, focus, fields, opened } = carried;
  carried = null;
  for (const place of opened) at(place)?.setAttribute("open", "");
  for (const { field, place } of fields) carry(field, at(place));
  rebuilt();
  const led = document.getElementById(document.querySelector("#main [data-focus]")?.dataset.focus);
  const same = focus && at(focus.place);
  if (same && !(asked && led)) stay(focus, same);
  else led?.focus();
});

function carry(field, now) {
  unsent.delete(field);
  if (!now || !copy(field, now)) return;
  unsent.add(now);
  restored.add(now);
}

function stay({ element, top }, now) {
  now.focus({ preventScroll: true });
  if (element.selectionStart != null) now.setSelectionRange?.(element.selectionStart, element.selectionEnd);
  scrollBy(0, now.getBoundingClientRect().top - top);
}

document.addEventListener("change", (event) => restored.delete(event.target));
document.addEventListener("focusout", ({ target }) => {
  if (restored.delete(target) && unsent.has(target)) target.dispatchEvent(new Event("change", { bubbles: true }));
});
