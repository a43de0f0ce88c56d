// How far the jobs on this page are, as the server tells it; the page gives way to the result when one has ended.

const STEP = 25; // percent between two announcements

function follow(card) {
  const place = card.querySelector(".job-progress");
  const announced = card.querySelector("[role=status]");
  const lost = card.querySelector(".job-lost");
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

  const events = new EventSource(`/jobs/${card.dataset.job}/events`);
  events.addEventListener("progress", (event) => show(event.data));
  events.addEventListener("ended", (event) => {
    events.close();
    location.assign(event.data);
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
