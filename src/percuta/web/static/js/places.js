// What something on the page is called, so that it is found again once the page was built anew.

// Rows of a list have numbers, which are others once a row was added, moved or removed.
const rows = () => [...document.querySelectorAll("#main [data-row]")].map((row) => row.dataset.row).join();

function nameOf(element) {
  const form = element.form ?? element;
  const hidden = [...form.querySelectorAll("input[type=hidden]:not([name=version])")];
  const value = element.matches("input[type=radio], input[type=checkbox], button") ? element.value : "";
  const posts = form.getAttribute("hx-post") ?? form.getAttribute("action") ?? "";
  return [posts, element.getAttribute("name"), value, ...hidden.map((one) => `${one.name}=${one.value}`)].join("\n");
}

// Return what an element on the page is called.
export function placeOf(element) {
  const numbered = !element.id || element.closest("[data-row]");
  return { id: element.id, tag: element.tagName, name: element.id ? "" : nameOf(element), rows: numbered ? rows() : null };
}

// Return the element that is called so now, or null where there is none or the rows have other numbers.
export function at(place) {
  if (place.rows !== null && place.rows !== rows()) return null;
  if (place.id) return document.getElementById(place.id);
  return [...document.querySelectorAll(place.tag)].find((one) => nameOf(one) === place.name) ?? null;
}
