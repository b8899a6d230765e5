// Names behind an @ in a note: offered while somebody types, from the list that the page brings (`data-mentions` names it).
const MOST = 8;

let list; // what is offered now, under the box that it is for
let area;

const written = (field) => {
  if (field.selectionStart !== field.selectionEnd) return undefined;
  return field.value.slice(0, field.selectionStart).match(/(?:^|[^\p{L}\p{N}@._/+-])@([\p{L}\p{N}._+-]*)$/u)?.[1];
};

/** Those whose name, or a word of how people know them, begins so. */
function fitting(field, typed) {
  const source = document.getElementById(field.closest("[data-mentions]").dataset.mentions);
  const begins = (text) => text.toLowerCase().startsWith(typed.toLowerCase());
  return [...(source?.options ?? [])]
    .filter((one) => begins(one.value) || one.label.split(/\s+/).some(begins))
    .slice(0, MOST);
}

function close() {
  list?.remove();
  area?.removeAttribute("aria-activedescendant");
  area?.removeAttribute("aria-controls");
  list = area = undefined;
}

function mark(at) {
  for (const [i, one] of [...list.children].entries()) one.setAttribute("aria-selected", i === at);
  area.setAttribute("aria-activedescendant", list.children[at].id);
  list.children[at].scrollIntoView({ block: "nearest" });
}

function offer(field) {
  const typed = written(field);
  const found = typed === undefined ? [] : fitting(field, typed);
  close();
  // What stands there whole needs no offer.
  if (found.length === 0 || (found.length === 1 && found[0].value.toLowerCase() === typed.toLowerCase())) return;
  area = field;
  list = document.createElement("ul");
  list.className = "combobox-list";
  list.id = "mention-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "People to mention");
  for (const [i, one] of found.entries()) {
    const item = document.createElement("li");
    item.id = `mention-${i}`;
    item.dataset.name = one.value;
    item.setAttribute("role", "option");
    const [words, note] = [document.createElement("span"), document.createElement("span")];
    [words.className, words.textContent] = ["words", `@${one.value}`];
    [note.className, note.textContent] = ["note", one.label === one.value ? "" : one.label];
    item.append(words, note);
    list.append(item);
  }
  field.after(list);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  mark(0);
}

/** Puts a name where the beginning of it stands; the browser's own undo takes it back. */
function take(name) {
  const field = area;
  const typed = written(field) ?? "";
  close();
  field.focus();
  field.setSelectionRange(field.selectionStart - typed.length, field.selectionStart);
  const text = `${name} `;
  if (!document.execCommand("insertText", false, text)) field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  close();
}

const boxOf = (target) => (target instanceof HTMLTextAreaElement && target.closest("[data-mentions]") ? target : undefined);

document.addEventListener("input", ({ target }) => boxOf(target) && offer(target));
document.addEventListener("focusout", ({ target }) => target === area && close());
// Before the box loses the focus.
document.addEventListener("pointerdown", (event) => {
  const item = event.target.closest?.("#mention-list li");
  if (!item) return;
  event.preventDefault();
  take(item.dataset.name);
});
// Before others who listen to these keys: Escape closes the list alone.
document.addEventListener(
  "keydown",
  (event) => {
    if (!list?.isConnected || event.target !== area || event.isComposing) return;
    const at = [...list.children].findIndex((one) => one.getAttribute("aria-selected") === "true");
    const last = list.children.length - 1;
    const plain = !(event.ctrlKey || event.metaKey || event.altKey);
    if (event.key === "ArrowDown") mark(at === last ? 0 : at + 1);
    else if (event.key === "ArrowUp") mark(at === 0 ? last : at - 1);
    else if (event.key === "Escape") close();
    else if (plain && !event.shiftKey && (event.key === "Enter" || event.key === "Tab")) take(list.children[at].dataset.name);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);
