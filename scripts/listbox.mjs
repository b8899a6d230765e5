// A list of what can be written, under the field that it is for: one at a time. Arrows choose, Enter and Tab take what is chosen, Escape
// puts the list away.

let list; // what is offered now
let field;
let taken; // hears which was taken
let count = 0; // a new list, a new id

/** What is set here and not by the server: a page that is put in place anew must not take it away. */
const OURS = new Set(["role", "aria-autocomplete", "aria-expanded", "aria-controls", "aria-activedescendant"]);
export const isHeld = (name, node) => OURS.has(name) && (node === field || node.matches("input[data-complete]"));

/** A combobox from now on, as ui::Combobox is one: without scripts it stays what the server printed. */
export function equip(input) {
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
}

/** Whether something is offered: only a combobox can say it. */
const tell = (open) => field?.getAttribute("role") === "combobox" && field.setAttribute("aria-expanded", open);

export const offered = () => (list?.isConnected ? field : undefined);

export function close() {
  list?.remove();
  tell(false);
  field?.removeAttribute("aria-activedescendant");
  field?.removeAttribute("aria-controls");
  list = field = taken = undefined;
}

const chosen = () => [...list.children].findIndex((one) => one.getAttribute("aria-selected") === "true");

function mark(at) {
  for (const [i, one] of [...list.children].entries()) one.setAttribute("aria-selected", i === at);
  field.setAttribute("aria-activedescendant", list.children[at].id);
  list.children[at].scrollIntoView({ block: "nearest" });
}

/** `items`: pairs of words and a note. `first`: the first is chosen. */
export function offer(under, label, items, take, { first = false } = {}) {
  close();
  if (items.length === 0) return;
  [field, taken] = [under, take];
  list = document.createElement("ul");
  list.className = "combobox-list";
  list.id = `listbox-${(count += 1)}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", label);
  for (const [i, [text, note]] of items.entries()) {
    const item = document.createElement("li");
    item.id = `${list.id}-${i}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const [words, beside] = [document.createElement("span"), document.createElement("span")];
    [words.className, words.textContent] = ["words", text];
    [beside.className, beside.textContent] = ["note", note];
    item.append(words, beside);
    list.append(item);
  }
  // Last in its place: pages that WASM brings to life know what is beside the field.
  field.parentElement.append(list);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  tell(true);
  if (first) mark(0);
}

function take(at) {
  const done = taken;
  close();
  done(at);
}

document.addEventListener("focusout", ({ target }) => target === field && close());
// The field keeps the focus: who scrolls the list, or presses another button, takes nothing.
document.addEventListener("mousedown", (event) => list?.contains(event.target) && event.preventDefault());
document.addEventListener("click", (event) => {
  const item = event.target.closest?.("li");
  if (item && item.parentElement === list) take([...list.children].indexOf(item));
});
// Before others who listen to these keys: Escape closes the list alone.
document.addEventListener(
  "keydown",
  (event) => {
    if (!list?.isConnected || event.target !== field || event.isComposing) return;
    const [at, last] = [chosen(), list.children.length - 1];
    const plain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);
    if (event.key === "ArrowDown") mark(at === last ? 0 : at + 1);
    else if (event.key === "ArrowUp") mark(at <= 0 ? last : at - 1);
    else if (event.key === "Escape") close();
    else if (plain && at >= 0 && (event.key === "Enter" || event.key === "Tab")) take(at);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);
