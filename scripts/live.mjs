// A printed page that is open hears what others do with what it shows (app::live): it is told in a sentence, and the page is put in
// place anew. One stream a tab, and none while the tab is hidden: it comes back with the number it had and hears what it missed.

import { isTyped } from "./typed.mjs";

/** Changes are collected for a moment, and the page is read again at most this often. */
const SOON = 300;
const OWN = 1_500;
const REST = 2_000;
/** How long a sentence stays. */
const SHOWN = 12_000;
const HIDDEN_FOR = 5_000;
/** After a stream that was refused. */
const AGAIN = 30_000;
/** So that all who follow the same do not read it in the same moment. */
const SPREAD = 1_000;
/** A page that cannot be read is asked for again after twice the time each, up to this. */
const LONGEST = 60_000;

/** Of a request that nobody made: it is no use of the device, and keeps nobody signed in (server/src/sessions.rs). */
export const byItself = { headers: { "x-watchroom-by-itself": "1" } };

const tab = crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** What is followed: the place of the page, the address of its stream, the number it was printed at and the last one heard. */
let page;
let source;
let put;

/** A form that came back: what is wrong in it, or how it will be read, is told in the page as it is, and would be gone from a new one. */
const cameBack = (place) =>
  [...place.querySelectorAll('form[method="post"] :is(.notice, [aria-invalid="true"], .merge, .preview)')].some(
    (one) => !one.closest("dialog:not([open])"),
  );

/** Where a sentence is heard: while a modal dialog is open, nowhere but in it. */
function lineToTell(place) {
  const dialog = [...place.querySelectorAll("dialog:modal")].pop();
  if (!dialog) return place.querySelector("[data-live] .live-told");
  const there = dialog.querySelector(":scope > .live-told");
  if (there) return there;
  const line = document.createElement("p");
  line.className = "live-told";
  line.setAttribute("role", "status");
  dialog.append(line);
  return line;
}

function say(words) {
  const line = page && lineToTell(page.place);
  if (!line || !words) return;
  clearTimeout(say.timer);
  if (say.line && say.line !== line) say.line.textContent = "";
  say.line = line;
  // A line that was only made now is heard when something comes into it later.
  setTimeout(() => (line.textContent = words), 100);
  say.timer = setTimeout(() => (line.textContent = ""), SHOWN);
}

/** The field that somebody writes in: `form:field`, empty for nobody or a form that is only looked at. */
function doing() {
  const at = document.activeElement?.closest?.(".printed form[method='post'][action^='/fn/']");
  const field = at && document.activeElement.name ? document.activeElement : undefined;
  const fields = [...(at?.elements ?? [])];
  if (!field || field.type === "submit" || !(at.closest("dialog[open]") || fields.some(isTyped))) return "";
  return `${at.getAttribute("action").slice("/fn/".length)}:${field.name}`;
}

function close() {
  source?.close();
  source = undefined;
}

function connect() {
  close();
  if (!page || document.hidden) return;
  const query = new URLSearchParams({ after: page.heard });
  if (page.meets) query.set("tab", tab);
  if (page.doing) query.set("doing", page.doing);
  const stream = new EventSource(`${page.address}&${query}`);
  source = stream;
  const on = (kind, hear) =>
    stream.addEventListener(kind, (event) => {
      if (source !== stream) return;
      if (!page.place.isConnected) return stop();
      page.heard = Math.max(page.heard, Number(event.lastEventId) || 0);
      hear(event.data ? JSON.parse(event.data) : {}, Number(event.lastEventId) || 0);
    });
  on("changes", ({ words, mine }) => {
    // The page that a form of this tab brought knows already.
    if (page.heard <= page.printed) return;
    if (!mine) say(words);
    readAgain(mine ? OWN : SOON);
  });
  on("lost", (_, place) => {
    // The database may be another one, which was restored and has not come as far: numbers begin anew.
    page.heard = place;
    page.printed = -1;
    readAgain(SOON);
  });
  on("people", (people) => {
    const announced = page.people?.words !== people.words;
    page.people = people;
    showPeople();
    if (announced) say(people.words);
  });
  stream.onerror = () => {
    // Otherwise the browser comes back by itself.
    if (source === stream && stream.readyState === EventSource.CLOSED) {
      close();
      clearTimeout(connect.timer);
      connect.timer = setTimeout(connect, AGAIN);
    }
  };
}

function stop() {
  close();
  page = undefined;
}

function readAgain(wait) {
  const mine = page;
  const { place, address } = mine;
  const at = location.pathname + location.search;
  const here = () => page === mine && page.address === address && place.isConnected && location.pathname + location.search === at;
  const due = Math.max(Date.now() + wait, (mine.last ?? 0) + REST) + Math.random() * SPREAD;
  // What comes all the time must not put it off all the time.
  if (mine.at === at && mine.due <= due) return;
  clearTimeout(mine.timer);
  Object.assign(mine, { at, due });
  mine.timer = setTimeout(async () => {
    mine.due = undefined;
    if (!here() || mine.printed >= mine.heard) return;
    const busy = () => cameBack(place) || place.querySelector("form[aria-busy]");
    if (busy()) return readAgain(REST);
    mine.last = Date.now();
    const answer = await fetch(`/fn/page?address=${encodeURIComponent(at)}`, byItself).catch(() => undefined);
    const fresh = answer?.ok ? await answer.json().catch(() => undefined) : undefined;
    if (!here()) return;
    if (!fresh?.body) {
      mine.failed = (mine.failed ?? 0) + 1;
      readAgain(Math.min(REST * 2 ** mine.failed, LONGEST));
    } else if (busy()) {
      readAgain(REST);
    } else {
      mine.failed = 0;
      put(place, fresh.body);
    }
  }, due - Date.now());
}

/** Who is there, beside the title and at the form that they write in. */
function showPeople() {
  if (!page?.people) return;
  const { html, forms } = page.people;
  for (const list of page.place.querySelectorAll("[data-people]")) {
    if (list.dataset.html !== html) list.innerHTML = list.dataset.html = html;
    list.hidden = !html;
  }
  for (const note of page.place.querySelectorAll(".presence-note")) note.remove();
  for (const { form: name, field, words } of forms) {
    for (const form of page.place.querySelectorAll(`form[action="/fn/${CSS.escape(name)}"]`)) {
      const note = document.createElement("p");
      note.className = "presence-note";
      note.textContent = words;
      const at = [...form.elements].find((one) => one.name === field && one.type !== "hidden");
      (at?.closest(".field") ?? form.querySelector(".field") ?? form).append(note);
    }
  }
}

function tellDoing() {
  clearTimeout(tellDoing.timer);
  tellDoing.timer = setTimeout(() => {
    if (!page?.meets || !source) return;
    const now = doing();
    if (now === page.doing) return;
    page.doing = now;
    connect();
  }, 1_000);
}
for (const kind of ["focusin", "focusout", "input"]) document.addEventListener(kind, tellDoing);

document.addEventListener("visibilitychange", () => {
  clearTimeout(connect.timer);
  if (document.hidden) connect.timer = setTimeout(close, HIDDEN_FOR);
  else if (page && !source) connect();
});
// The router leaves a page without a word.
setInterval(() => page && !page.place.isConnected && stop(), 2_000);

/** What stays as it is when the page is put in place anew: it is filled in here. */
export const isOurs = (node) => node.matches?.(".live-told, [data-people], .presence-note");

/** The page was put in its place. */
export function follow(place, again) {
  put = again;
  const marker = place.querySelector("[data-live]");
  if (!marker || !place.isConnected) {
    if (page && (page.place === place || !page.place.isConnected)) stop();
    // A new page is made before it stands in the document.
    if (marker) requestAnimationFrame(() => place.isConnected && follow(place, again));
    return;
  }
  const { live: address, after } = marker.dataset;
  const printed = Number(after);
  if (page?.place === place && page.address === address) {
    page.printed = Math.max(page.printed, printed);
    page.heard = Math.max(page.heard, printed);
    showPeople();
    return;
  }
  page = { place, address, printed, heard: printed, doing: "", meets: Boolean(place.querySelector("[data-people]")) };
  connect();
}
