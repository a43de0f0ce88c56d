// How far the jobs on this page are, as the server tells it; the page gives way to the result when one has ended,
// unless something was typed on it meanwhile.

const STEP = 25; // percent between two announcements

// Tell whether a field is as the page brought it.
function asBrought(field) {
  if (field.type === "radio" || field.type === "checkbox") return field.checked === field.defaultChecked;
  if (field.options) {
    const first = Math.max([...field.options].findIndex((one) => one.defaultSelected), 0);
    return field.selectedIndex === first;
  }
  return field.value === field.defaultValue;
}

function follow(card) {
  const place = card.querySelector(".job-progress");
  const announced = card.querySelector("[role=status]");
  const lost = card.querySelector(".job-lost");
  const results = card.querySelector(".job-results");
  let last = -1;

  function show(fragment) {
    lost.hidden = true;
    place.innerHTML = fragment;
    const bar = place.querySelector("progress");
    const quarter = bar ? Math.floor(bar.value / STEP) : last;
    if (quarter === last) return;
    last = quarter;
    announced.textContent = place.querySelector(".progress-row").textContent.replace(/\s+/g, " ").trim();
  }

  function lead(address) {
    const said = place.querySelector(".progress-words").textContent;
    const link = document.createElement("a");
    link.className = "button primary";
    link.href = address;
    link.textContent = said.startsWith("Done") ? "Done: open the result" : `${said}: load this page again`;
    place.replaceChildren(link);
    announced.textContent = `${link.textContent}. What was typed on this page is still there.`;
    for (const one of card.querySelectorAll("form, .help, .job-results")) one.hidden = true;
  }

  const events = new EventSource(`/jobs/${card.dataset.job}/events`);
  events.addEventListener("progress", (event) => show(event.data));
  events.addEventListener("results", () => {
    results.hidden = false;
    announced.textContent = results.querySelector("p").textContent;
  });
  events.addEventListener("ended", (event) => {
    events.close();
    if ([...document.querySelectorAll("input, select, textarea")].every(asBrought)) location.assign(event.data);
    else lead(event.data);
  });
  events.addEventListener("error", () => {
    lost.hidden = false;
  });
  addEventListener("pagehide", () => events.close());
}

addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
for (const card of document.querySelectorAll("[data-job]")) follow(card);
