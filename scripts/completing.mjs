// What could stand at the cursor of a query (`data-complete`: the address that answers), and what was asked before in this browser. The
// query bar of the events is ui::Combobox.
import { close, equip, offer, offered } from "./listbox.mjs";

/** How long typing has to rest. */
const REST = 120;
/** Queries that are remembered. */
const KEPT = 10;
/** Where what was sent waits for the page that answers, of a browser that loads it too. */
const SENT = "watchroom-query-sent";

let waiting;
let asking; // takes back what is asked

const keyOf = () => `watchroom-queries ${location.pathname}`;

function read(store, key, otherwise) {
  try {
    return JSON.parse(window[store].getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function write(store, key, value) {
  try {
    window[store].setItem(key, JSON.stringify(value));
  } catch {
    // A full or a closed store forgets; nothing depends on it.
  }
}

const remembered = () => read("localStorage", keyOf(), []);

function remember(q) {
  const lines = [q, ...remembered().filter((known) => known !== q)].slice(0, KEPT);
  write("localStorage", keyOf(), lines);
}

/** What was sent last, while no page has answered it. */
let sent = read("sessionStorage", SENT);

function waitFor(q) {
  sent = q ? { key: keyOf(), q } : undefined;
  write("sessionStorage", SENT, sent ?? null);
}

/** The page that asks for what was sent says whether it could be read: only then it is worth being offered again. */
function learn() {
  const field = sent?.key === keyOf() && document.querySelector("input[data-complete]");
  if (!field || field.defaultValue.trim() !== sent.q) return;
  if (field.getAttribute("aria-invalid") !== "true") remember(sent.q);
  waitFor();
}

function put(field, q, at) {
  field.value = q;
  field.setSelectionRange(at, at);
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

async function ask(field) {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const address = new URL(field.dataset.complete, location.href);
  address.searchParams.set("q", field.value);
  address.searchParams.set("at", field.selectionStart);
  const answer = await fetch(address, { signal, headers: { Accept: "application/json" } }).catch(() => undefined);
  const found = answer?.ok ? await answer.json().catch(() => undefined) : undefined;
  if (signal.aborted || document.activeElement !== field) return;
  if (found?.q !== field.value) return close();
  const items = found.choices.map((one) => [one.text, one.note]);
  offer(field, field.ariaLabel, items, (at) => {
    const one = found.choices[at];
    // Something was typed since.
    if (field.value !== found.q) return;
    put(field, one.q, one.at);
    if (one.open) ask(field);
  });
}

function look(field, now = false) {
  clearTimeout(waiting);
  if (field.value.trim() !== "") {
    waiting = setTimeout(() => ask(field), now ? 0 : REST);
    return;
  }
  asking?.abort();
  const lines = remembered();
  const items = lines.map((line) => [line, "written before"]);
  offer(field, field.ariaLabel, items, (at) => put(field, lines[at], lines[at].length));
}

const boxOf = (target) => (target instanceof HTMLInputElement && "complete" in target.dataset ? target : undefined);

document.addEventListener("focusin", ({ target }) => {
  const field = boxOf(target);
  if (!field) return;
  // Who only passes by is not stopped by a list.
  if (field.value === "") look(field);
});
document.addEventListener("input", ({ target }) => boxOf(target) && look(target));
document.addEventListener("click", ({ target }) => boxOf(target) && look(target, true));
document.addEventListener("keydown", (event) => {
  const field = boxOf(event.target);
  if (!field || event.key !== "ArrowDown" || offered() === field) return;
  event.preventDefault();
  look(field, true);
});
document.addEventListener("submit", ({ target }) => {
  const field = target.querySelector("input[data-complete]");
  if (!field) return;
  clearTimeout(waiting);
  asking?.abort();
  close();
  waitFor(field.value.trim());
  settle();
});

/** After a change of the page, once all of it is done. */
let settling;
function settle() {
  settling ??= setTimeout(() => {
    settling = undefined;
    for (const field of document.querySelectorAll("input[data-complete]:not([role])")) equip(field);
    learn();
  });
}
new MutationObserver(settle).observe(document.documentElement, {
  subtree: true,
  childList: true,
  attributeFilter: ["value", "aria-invalid"],
});
settle();
