// One key listener for the whole page, and what a click does beside following links. It presses what the page shows, so a key can do
// nothing a click could not, and needs no WASM:
//
// `data-key="a"` on a button, a link or a field: pressed or focused by that key · `data-go="e"`: followed by `g` then `e` · `data-row`: j, k, x, Enter,
// opened by a click · `data-search`: focused by `/` · `data-escape`: followed by Escape · Ctrl/Cmd+Enter sends the form around the focus ·
// `data-part`: fields of a form with a button of their own, which Enter presses · `data-copy="text"` on a button: copied by a click ·
// Ctrl/Cmd+K opens the palette, `?` the help sheet. Never while typing.

/** How long a key after `g` is waited for. */
const GO = 1_200;
/** How long a button says "Copied". */
const COPIED = 1_600;
const TYPED_INTO =
  "input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), textarea, select, [contenteditable]";

const isShown = (element) => element.offsetParent !== null;
const modal = () => document.querySelector("dialog:modal");
const isInPart = ({ target }) => target instanceof Element && target.matches("[data-part] input");
const isTypedInto = ({ target }) => target instanceof Element && target.closest(TYPED_INTO) !== null;

function open(id) {
  const dialog = document.getElementById(id);
  if (!dialog) return false;
  if (!dialog.open) dialog.showModal();
  return true;
}

/** Clicks the last visible match: the panel's before the page's. */
function click(selector) {
  const element = [...document.querySelectorAll(selector)].findLast(isShown);
  element?.click();
  // The arrow keys go on from the menu that a key opened; a field is typed into.
  if (element?.matches("summary, input, textarea")) element.focus();
  return element !== undefined;
}

const pressed = (attribute, key) => click(`[${attribute}="${CSS.escape(key)}"]`);

/** Folds an open menu, else leaves the field typed into, else follows the closing link. Dialogs close by themselves. */
function escape(event) {
  if (modal()) return false;
  const menu = [...document.querySelectorAll("details.menu[open]")].pop();
  if (menu) {
    menu.removeAttribute("open");
    menu.querySelector("summary")?.focus();
    return true;
  }
  if (isTypedInto(event)) {
    event.target.blur();
    return true;
  }
  return click("[data-escape]");
}

function moveInMenu({ target, key }) {
  const menu = target instanceof Element && target.closest("details.menu[open]");
  if (!menu) return false;
  const items = [...menu.querySelectorAll(".menu-item:not(:disabled)")];
  const now = items.indexOf(document.activeElement);
  const last = items.length - 1;
  const next = { Home: 0, End: last, ArrowDown: now === last ? 0 : now + 1, ArrowUp: now > 0 ? now - 1 : last }[key];
  items[next]?.focus();
  return true;
}

function search() {
  const field = [...document.querySelectorAll("[data-search]")].findLast(isShown);
  field?.focus();
  field?.select();
  return field !== undefined;
}

const rows = () => [...document.querySelectorAll("[data-row]")];

/** The row the focus is in, else the one shown in the panel. */
function rowNow(all) {
  const focused = all.indexOf(document.activeElement?.closest("[data-row]"));
  return focused >= 0 ? focused : all.findIndex((row) => row.hasAttribute("aria-current"));
}

function moveRow(step) {
  const all = rows();
  const now = rowNow(all);
  const row = all[now < 0 ? 0 : Math.min(Math.max(now + step, 0), all.length - 1)];
  if (!row) return false;
  row.setAttribute("tabindex", "-1");
  row.focus();
  row.scrollIntoView({ block: "nearest" });
  return true;
}

function checkRow() {
  const all = rows();
  const box = all[rowNow(all)]?.querySelector("td.check input");
  box?.click();
  return box !== undefined && box !== null;
}

/** The link inside a row that leads where the row leads. */
function followRow(row) {
  const link = row.querySelector("a[data-row-link]") ?? row.querySelector("td a[href]");
  if (link) link.click();
  else if (row.dataset.href) location.href = row.dataset.href;
}

/** Enter on a row itself; on a link or button the browser presses it. */
function openFocused({ target }) {
  if (!(target instanceof Element) || !target.hasAttribute("data-row")) return false;
  followRow(target);
  return true;
}

/** What sends the form around the focus: the button of its part, else its first; nothing where a form has no first. */
function submit({ target }) {
  const form = target instanceof Element && target.closest("form");
  const own = form && target.closest("[data-part]")?.querySelector("button[type=submit]");
  if (own) own.click();
  else if (form && !form.querySelector("[data-no-default]")) form.requestSubmit();
  return Boolean(form);
}

/** `g` was pressed: until when the next key says where to. */
let goUntil = 0;

function handle(event) {
  const key = event.key ?? "";
  const control = event.ctrlKey || event.metaKey;
  const go = goUntil > event.timeStamp;
  goUntil = 0;
  if (control && key.toLowerCase() === "k") return open("command-palette");
  if (key === "Enter" && (control || isInPart(event))) return submit(event);
  if (!control && key === "Escape") return escape(event);
  if (!control && ["ArrowDown", "ArrowUp", "Home", "End"].includes(key)) return moveInMenu(event);
  if (control || event.altKey || isTypedInto(event) || modal()) return false;
  if (go) return pressed("data-go", key);
  switch (key) {
    case "g":
      goUntil = event.timeStamp + GO;
      return false;
    case "?":
      return open("help-sheet");
    case "/":
      return search();
    case "j":
      return moveRow(1);
    case "k":
      return moveRow(-1);
    case "x":
      return checkRow();
    case "Enter":
      return openFocused(event);
    default:
      return [...key].length === 1 && pressed("data-key", key);
  }
}

window.addEventListener("keydown", (event) => {
  if (!event.defaultPrevented && !event.isComposing && handle(event)) event.preventDefault();
});

/** Its words say so for a moment, when it was copied: a browser may refuse, and has no clipboard over plain http. */
async function copyFrom(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return;
  }
  const words = button.querySelector("[aria-live]");
  if (!words || "copied" in button.dataset) return;
  const before = words.textContent;
  button.dataset.copied = "";
  words.textContent = "Copied";
  setTimeout(() => {
    delete button.dataset.copied;
    words.textContent = before;
  }, COPIED);
}

window.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : document.body;
  const inside = target.closest("details.menu");
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== inside) menu.removeAttribute("open");
  const button = target.closest("[data-copy]");
  if (button) copyFrom(button);
  // A row's link is followed when the click was on the row itself: not on a control, not a selection of text.
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (target.closest("a, button, input, label, summary, select, textarea") || String(getSelection())) return;
  const row = target.closest("[data-row][data-href]");
  // The link's click passes the row again, whose handler must have returned by then.
  if (row) setTimeout(() => followRow(row));
});

// The palette where WASM does not run (ui::CommandPalette): what is typed filters the links that the server printed.

const isReady = () => document.documentElement.hasAttribute("data-ready");
const palette = (target) => (target instanceof Element && target.matches('[role="combobox"]') ? target.closest(".command-palette") : null);
const options = (dialog) => [...dialog.querySelectorAll(".command")];
const choose = (dialog, chosen) => {
  for (const one of options(dialog)) one.setAttribute("aria-selected", String(one === chosen));
  if (chosen) dialog.querySelector("input").setAttribute("aria-activedescendant", chosen.id);
  chosen?.scrollIntoView({ block: "nearest" });
};

/** Every word of the query begins a word of the option, or is in it; a number sign before one says nothing. */
function filter(dialog, query) {
  const words = query.toLowerCase().split(/\s+/).map((word) => word.replace(/^#/, ""));
  let heading;
  let group = "";
  for (const part of dialog.querySelectorAll(".group, .command")) {
    if (part.matches(".group")) {
      heading = part;
      group = part.textContent;
      heading.hidden = true;
      continue;
    }
    const text = `${group} ${part.querySelector(".words").textContent}`.toLowerCase();
    part.hidden = !words.every((word) => text.includes(word));
    if (!part.hidden && heading) heading.hidden = false;
  }
  const left = options(dialog).filter((one) => !one.hidden);
  dialog.querySelector(".nothing").hidden = left.length > 0;
  choose(dialog, left[0]);
}

document.addEventListener("input", ({ target }) => {
  const dialog = isReady() ? null : palette(target);
  if (dialog) filter(dialog, target.value);
});
// Once WASM runs, the list is its own: it finds it as the server printed it, and hears what was typed before.
const observer = new MutationObserver(() => {
  if (!isReady()) return;
  observer.disconnect();
  for (const dialog of document.querySelectorAll(".command-palette")) {
    for (const part of dialog.querySelectorAll(".options [hidden]")) part.hidden = false;
    dialog.querySelector(".nothing").hidden = true;
    choose(dialog, options(dialog)[0]);
    const input = dialog.querySelector("input");
    if (input.value) input.dispatchEvent(new Event("input", { bubbles: true }));
  }
});
observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-ready"] });
document.addEventListener("keydown", (event) => {
  const dialog = isReady() || event.isComposing ? null : palette(event.target);
  if (!dialog) return;
  const left = options(dialog).filter((one) => !one.hidden);
  const now = left.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") choose(dialog, left[(now + 1) % left.length]);
  else if (event.key === "ArrowUp") choose(dialog, left[(now + left.length - 1) % left.length]);
  else if (event.key === "Enter") left[Math.max(now, 0)]?.click();
  else return;
  event.preventDefault();
});
