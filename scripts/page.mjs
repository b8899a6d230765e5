// Puts what the server printed in its place (app::page), as one script that sets the global `page`. What is there and the
// same stays: focus, scroll, what is typed but not sent, folded and unfolded parts.
import { Idiomorph } from "idiomorph/dist/idiomorph.esm.js";
import { byItself, follow, isOurs } from "./live.mjs";
import "./completing.mjs";
import "./keys.mjs";
import { isHeld } from "./listbox.mjs";
import "./mention.mjs";
import "./sending.mjs";
import { isTyped } from "./typed.mjs";

const FIELDS = ":is(input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), textarea, select):enabled";

/** Texts that the page has put together already. */
let merged = new Set();
const mergesOf = (place) => [...place.querySelectorAll(".merge")].map((part) => part.dataset.merged);

/** What the new page must not take away: fields with something typed that was not sent, and the version it was made from. */
let kept = new Map();

/** What a field holds beside its default: of a list the values, since a new page may have its options in another order. */
const heldBy = (field) =>
  field instanceof HTMLSelectElement
    ? new Set([...field.selectedOptions].map((option) => option.value))
    : field.type === "checkbox" || field.type === "radio"
      ? field.checked
      : undefined;

const MADE_FROM = ["version", "revision", "seen"];

/** The form that was sent last: it is the new page's. */
let sent;
document.addEventListener("submit", (event) => (sent = event.target), true);

/** A form that came back has what was typed as its default: while another one of the page is sent it stands as it is. */
function keepWhole(form) {
  for (const field of form.elements) {
    if (field.type === "hidden" ? !MADE_FROM.includes(field.name) : !field.matches("input, textarea, select")) continue;
    const held = field.type === "hidden" ? undefined : heldBy(field);
    // Set, it is typed, whatever its default becomes.
    if (field.type !== "hidden" && held === undefined) field.value = field.value;
    kept.set(field, held);
  }
}

function remember(place) {
  kept = new Map();
  for (const form of place.querySelectorAll("form:has(.merge)")) if (form !== sent) keepWhole(form);
  for (const field of place.querySelectorAll("input, textarea, select")) {
    // Rows come in another order: which are chosen is told by their values (`choose`).
    if (field.matches("td.check input") || !isTyped(field)) continue;
    kept.set(field, heldBy(field));
    // What was typed was made from the version that was there: sent with a newer one it would overwrite that unseen.
    for (const other of field.form?.elements ?? []) {
      if (other.type === "hidden" && MADE_FROM.includes(other.name)) kept.set(other, undefined);
    }
  }
}

/** A form that came back has what was typed already, put together with what others wrote where it came too late. */
function begins(old, fresh) {
  const merge = fresh.form?.querySelector(".merge");
  const news = merge ? !merged.has(merge.dataset.merged) : old.type === "hidden" && fresh.form?.querySelector(".notice");
  if (news) kept.delete(old);
}

/**
 * What was chosen is put back when all is in place: a radio button that comes later would take it away again. Only the property
 * is: the defaults are those of the new page, so that what was typed is still known as typed at the next one.
 */
function putBack() {
  for (const [field, held] of kept) {
    if (!(field instanceof HTMLSelectElement)) {
      if (held !== undefined) field.checked = held;
    } else if (field.multiple || [...field.options].some((option) => held.has(option.value))) {
      for (const option of field.options) option.selected = held.has(option.value);
    }
  }
  kept.clear();
}

const callbacks = {
  beforeNodeMorphed(old, fresh) {
    if (!(old instanceof Element) || old.tagName !== fresh.tagName) return true;
    if (isOurs(old) && isOurs(fresh)) return false;
    if (kept.has(old)) begins(old, fresh);
    // What the reader folded stays as it is, and so does an open dialog that the page still has open or knows nothing of.
    if (old.tagName === "DETAILS") fresh.open = old.open;
    if (old.tagName === "DIALOG" && old.open) fresh.open = true;
    if (old.hasAttribute("tabindex") && old.matches("[data-row]")) fresh.setAttribute("tabindex", "-1");
    return true;
  },
  // A text that is typed is not even touched: caret and undo stay as well.
  // And what can have the focus only by this attribute keeps it, and a field what it says of its list.
  beforeAttributeUpdated: (name, node) =>
    !(name === "value" && kept.has(node) && kept.get(node) === undefined) &&
    !(name === "tabindex" && node === document.activeElement) &&
    !isHeld(name, node),
  afterNodeMorphed(old, fresh) {
    if (kept.has(old) && old.type !== "hidden" && "defaultValue" in old && kept.get(old) === undefined) {
      if (old.defaultValue !== fresh.defaultValue) old.defaultValue = fresh.defaultValue;
    }
  },
  // A sentence in an open dialog (`live.mjs`), and what is offered for a field (`listbox.mjs`).
  beforeNodeRemoved: (node) => !(node instanceof Element && node.matches("dialog[open] > .live-told, .combobox-list")),
};

/** Names of the chosen files. */
function tellFiles(input) {
  input.parentElement.querySelector(".names").textContent = [...input.files].map((file) => file.name).join(", ");
}

const boxesOf = (place) => [...place.querySelectorAll("tbody td.check input")];

/** The bar under a list says how many rows are chosen, and is there while some are. */
function tellChosen(place) {
  for (const bar of place.querySelectorAll(".bulk-bar")) {
    const boxes = boxesOf(bar.closest("form"));
    const count = boxes.filter((box) => box.checked).length;
    const all = bar.querySelector("input[name='asked[all]']");
    const every = all?.checked ? all.closest("label").textContent.match(/[\d,]+/)?.[0] : undefined;
    bar.hidden = count === 0 && !every;
    bar.querySelector("strong").textContent = `${every ?? count} selected`;
    const head = bar.closest("form").querySelector("thead th.check input");
    head.checked = count > 0 && count === boxes.length;
    head.indeterminate = count > 0 && count < boxes.length;
  }
}

/** The rows of these values, and no others. */
function choose(place, values) {
  for (const box of boxesOf(place)) {
    box.removeAttribute("checked");
    box.checked = values.has(box.value);
  }
}

/** What is under way is looked at again, unless somebody types. */
let looking;
function lookAgain(place) {
  clearTimeout(looking);
  const under = place.querySelector("[data-again]");
  if (!under) return;
  const address = location.pathname + location.search;
  looking = setTimeout(async () => {
    const here = () => place.isConnected && location.pathname + location.search === address;
    if (!here()) return;
    if (document.hidden || document.activeElement?.matches("input, textarea, select")) return lookAgain(place);
    const answer = await fetch(`/fn/page?address=${encodeURIComponent(address)}`, byItself).catch(() => undefined);
    const page = answer?.ok ? await answer.json().catch(() => undefined) : undefined;
    if (!here()) return;
    if (page?.body) put(place, page.body);
    else lookAgain(place);
  }, Number(under.dataset.again));
}

/** Dialogs that the server printed open become modal; what works only with scripts shows. */
function settle(place, frames = 120) {
  // A new page is made before it stands in the document, where nothing can be modal yet.
  if (!place.isConnected) {
    if (frames > 0) requestAnimationFrame(() => settle(place, frames - 1));
    return;
  }
  for (const input of place.querySelectorAll(".file-input input")) tellFiles(input);
  for (const button of place.querySelectorAll(".password-input button")) button.hidden = false;
  tellChosen(place);
  for (const dialog of place.querySelectorAll("dialog[open]:not(:modal)")) {
    dialog.removeAttribute("open");
    dialog.showModal();
    const away = dialog.querySelector("a[data-close]");
    if (away) dialog.addEventListener("close", () => dialog.isConnected && !("sent" in dialog.dataset) && away.click(), { once: true });
  }
}

/** A dialog that asks something begins in its first field; one that only confirms, on Close. On a phone the keyboard would come up. */
function begin({ target, newState }) {
  const { activeElement: focused } = document;
  if (newState !== "open" || !target.matches("dialog:modal") || !focused?.matches("dialog > header *")) return;
  if (!matchMedia("(pointer: fine)").matches) return;
  [...target.querySelectorAll(FIELDS)].find((field) => field.offsetParent !== null)?.focus();
}
document.addEventListener("toggle", begin, true);

document.addEventListener("change", ({ target }) => {
  if (target.matches(".printed .file-input input")) tellFiles(target);
  const form = target.closest(".printed form");
  if (!form?.querySelector(".bulk-bar")) return;
  if (target.matches("thead th.check input")) for (const box of boxesOf(form)) box.checked = target.checked;
  tellChosen(form);
});

// The browser tells nothing of a file on its way, and the page stays as it is until the answer.
document.addEventListener("submit", ({ target, submitter, defaultPrevented }) => {
  const words = submitter?.querySelector(".words");
  if (defaultPrevented || target.enctype !== "multipart/form-data" || !words) return;
  // Sent by then.
  setTimeout(() => {
    submitter.dataset.words = words.textContent;
    words.textContent = "Sending the file…";
    submitter.disabled = true;
    submitter.setAttribute("aria-busy", "true");
  });
});
// Back from where it led, or stopped on the way there.
function sendAgain() {
  for (const button of document.querySelectorAll(".printed button[data-words]")) {
    button.querySelector(".words").textContent = button.dataset.words;
    delete button.dataset.words;
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}
window.addEventListener("pageshow", sendAgain);
document.addEventListener("keydown", ({ key }) => key === "Escape" && sendAgain());

document.addEventListener("click", (event) => {
  event.target.closest(".printed .menu-item")?.closest("details").removeAttribute("open");
  const button = event.target.closest(".printed button");
  if (button?.matches(".password-input button")) {
    const field = button.parentElement.querySelector("input");
    field.type = field.type === "password" ? "text" : "password";
    button.setAttribute("aria-pressed", field.type === "text");
  } else if (button?.matches(".theme-toggle button")) {
    // The frame's own button knows how: the same is pressed there.
    const other = document.querySelector(`.top .theme-toggle button[value="${button.value}"]`);
    if (!other) return;
    event.preventDefault();
    other.click();
    for (const one of button.form.elements) one.setAttribute("aria-pressed", one === button);
  }
});

// The board: a card goes where one of its buttons leads, by pointer or with Shift and an arrow.
const wayTo = (card, column) => card?.querySelector(`[data-to="${column?.dataset.status}"]`);
let dragged;
document.addEventListener("dragstart", ({ target }) => {
  dragged = target instanceof Element ? target.closest(".board-card") : undefined;
});
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    const column = event.target.closest?.(".board-column");
    for (const one of document.querySelectorAll(".board-column.over")) one.classList.remove("over");
    const way = column && wayTo(dragged, column);
    if (!way) return;
    event.preventDefault();
    if (kind === "dragover") column.classList.add("over");
    else way.click();
  });
}
document.addEventListener("dragend", () => {
  dragged = undefined;
  for (const one of document.querySelectorAll(".board-column.over")) one.classList.remove("over");
});
document.addEventListener("keydown", (event) => {
  const card = event.shiftKey && event.target.closest?.(".board-card");
  const column = card && card.closest(".board-column");
  const next = { ArrowRight: column?.nextElementSibling, ArrowLeft: column?.previousElementSibling }[event.key];
  const way = next && wayTo(card, next);
  if (!way) return;
  event.preventDefault();
  way.click();
});

/** "6 min ago", as ui::ago says it. */
function ago(seconds) {
  const size = Math.abs(seconds);
  if (size < 45) return "now";
  const words =
    size < 3_570
      ? `${Math.max(Math.round(size / 60), 1)} min`
      : size < 84_600
        ? `${Math.round(size / 3_600)} h`
        : size < 60 * 86_400
          ? `${Math.round(size / 86_400)} d`
          : `${Math.round(size / 2_629_800)} mo`;
  return seconds < 0 ? `in ${words}` : `${words} ago`;
}

function tellAges() {
  for (const time of document.querySelectorAll(".printed time.relative")) {
    const then = Date.parse(time.dateTime);
    if (!Number.isNaN(then)) time.textContent = ago((Date.now() - then) / 1000);
  }
}
setInterval(tellAges, 60_000);

/** What has the focus in the page, and what it stands in, from the inside out. */
function aroundFocus(place) {
  const around = [];
  for (let part = document.activeElement; part && part !== place; part = part.parentElement) around.push(part);
  return place.contains(document.activeElement) ? around : [];
}

/**
 * The keyboard goes on in what the page wants it in (a form that was not there), else at what is left of where it was: a row that
 * is gone leads to its table, never back to the top of the document.
 */
function keepFocus(place, around, wanted) {
  const field = [...place.querySelectorAll("[autofocus]")].find((one) => !wanted.has(one) && one.offsetParent !== null);
  if (field && !document.activeElement?.matches("input, textarea, select")) return field.focus();
  if (around.length === 0 || (document.activeElement !== document.body && document.activeElement !== null)) return;
  const part = around.find((one) => one.isConnected && one.offsetParent !== null && !one.disabled) ?? place.querySelector("h1");
  if (!part) return;
  part.focus({ preventScroll: true });
  if (document.activeElement === part) return;
  part.setAttribute("tabindex", "-1");
  part.focus({ preventScroll: true });
}

export function put(place, html) {
  if (place.firstChild) {
    const around = aroundFocus(place);
    const wanted = new Set(place.querySelectorAll("[autofocus]"));
    const chosen = new Set(boxesOf(place).filter((box) => box.checked).map((box) => box.value));
    merged = new Set(mergesOf(place));
    const shown = place.querySelector("aside.panel") && place.querySelector("[data-row][aria-current]");
    remember(place);
    const next = new DOMParser().parseFromString(html, "text/html").body;
    for (const dialog of place.querySelectorAll("dialog[data-sent]")) {
      delete dialog.dataset.sent;
      dialog.close();
    }
    Idiomorph.morph(place, next.childNodes, { morphStyle: "innerHTML", callbacks });
    putBack();
    choose(place, chosen);
    // Who closes the panel is back at the row that it showed.
    const active = document.activeElement;
    const free = !place.contains(active) || active.matches("[data-row]");
    if (shown?.isConnected && !place.querySelector("aside.panel") && free) {
      shown.setAttribute("tabindex", "-1");
      shown.focus({ preventScroll: true });
    }
    keepFocus(place, around, wanted);
  } else {
    place.innerHTML = html;
  }
  settle(place);
  tellAges();
  lookAgain(place);
  follow(place, put);
}
