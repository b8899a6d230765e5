// Names behind an @ in a note: offered while somebody types, from the list that the page brings (`data-mentions` names it).
import { close, offer } from "./listbox.mjs";

const MOST = 8;

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

function look(field) {
  const typed = written(field);
  const found = typed === undefined ? [] : fitting(field, typed);
  // What stands there whole needs no offer.
  if (found.length === 1 && found[0].value.toLowerCase() === typed.toLowerCase()) return close();
  const items = found.map((one) => [`@${one.value}`, one.label === one.value ? "" : one.label]);
  offer(field, "People to mention", items, (at) => take(field, found[at].value), { first: true });
}

/** Puts a name where the beginning of it stands; the browser's own undo takes it back. */
function take(field, name) {
  const typed = written(field) ?? "";
  field.focus();
  field.setSelectionRange(field.selectionStart - typed.length, field.selectionStart);
  const text = `${name} `;
  if (!document.execCommand("insertText", false, text)) field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  close();
}

document.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLTextAreaElement && target.closest("[data-mentions]")) look(target);
});
