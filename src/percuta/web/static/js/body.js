// The drawn body: one view at a time, keys for its regions, and the name of what is pointed at.

let current = "face-front";
let listOpen = false;

const charts = () => document.querySelectorAll(".body-chart");

function show(chart, key) {
  const tabs = [...chart.querySelectorAll("[role='tab']")];
  if (!tabs.some((tab) => tab.id === `tab-${key}`)) return;
  current = key;
  for (const tab of tabs) {
    const chosen = tab.id === `tab-${key}`;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !chosen;
  }
}

function prepare() {
  for (const chart of charts()) {
    if (chart.dataset.ready) continue;
    chart.dataset.ready = "yes";
    chart.querySelector(".views").hidden = false;
    for (const view of chart.querySelectorAll(".view")) view.setAttribute("role", "tabpanel");
    const list = chart.querySelector(".sites");
    list.open = listOpen;
    list.addEventListener("toggle", () => { listOpen = list.open; });
    show(chart, current);
    point(chart, document.activeElement?.closest(".region"));
  }
}

function point(chart, region) {
  const words = chart.querySelector(".pointed");
  words.textContent = region ? region.getAttribute("aria-label") : words.dataset.empty;
}

function alongTabs(event, tab) {
  const tabs = [...tab.parentElement.children];
  const here = tabs.indexOf(tab);
  const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = tabs[(to + tabs.length) % tabs.length];
  show(tab.closest(".body-chart"), next.id.slice("tab-".length));
  next.focus();
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest?.(".body-chart [role='tab']");
  if (tab) show(tab.closest(".body-chart"), tab.id.slice("tab-".length));
});
document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.(".body-chart [role='tab']");
  if (tab) return alongTabs(event, tab);
  const region = event.target.closest?.(".body-chart .region");
  if (!region || (event.key !== "Enter" && event.key !== " ")) return;
  event.preventDefault();
  if (!event.repeat) region.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
});
for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const chart = event.target.closest?.(".body-chart");
    if (chart) point(chart, event.target.closest(".region"));
  });
}
// Fields of the page raise the plan's version; the list's own copy of it follows.
document.addEventListener("htmx:configRequest", (event) => {
  const version = document.getElementById("version");
  if (version && event.detail.elt.closest?.(".sites")) event.detail.parameters.version = version.value;
});
document.addEventListener("htmx:afterSwap", prepare);
prepare();
