// Answers by letter: y, n or u answers the question that has the focus and goes on to the next one.

const WORDS = { y: "yes", n: "no", u: "unknown" };
const groups = () => [...document.querySelectorAll(".question [role='radiogroup']")];

document.addEventListener("keydown", (event) => {
  const word = WORDS[event.key.toLowerCase()];
  const group = event.target.closest?.(".question [role='radiogroup']");
  if (!word || !group || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  group.querySelector(`input[value='${word}']`).click();
  const every = groups();
  const next = every[every.indexOf(group) + 1];
  (next?.querySelector("input:checked") ?? next?.querySelector("input"))?.focus();
});

// The link to the next open question puts the focus on it, not just the page.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='#answer-']");
  const input = link && document.getElementById(link.hash.slice(1));
  if (!input) return;
  event.preventDefault();
  input.focus({ preventScroll: true });
  input.closest(".question").scrollIntoView({ block: "center" });
});

// Where the focus goes when what had it is drawn again.
let after = null;
document.addEventListener("submit", (event) => {
  const question = event.target.closest(".question");
  if (event.target.closest(".rest")) after = "#next-open";
  else if (question) after = `#${question.id} input:checked`;
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (!after || event.detail.target?.id !== "onward") return; // the last of the parts
  document.querySelector(after)?.focus({ preventScroll: true }); // what is below the pointer stays there
  after = null;
});
