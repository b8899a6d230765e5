// A file on its way in (app::uploads): the browser tells nothing of it, so a form with a bar for that is sent from here, and its answer followed.
// Without scripts the browser sends it itself.

let way;
let from;

function settle(form, words) {
  way = undefined;
  form.querySelector(".sending").hidden = true;
  form.querySelector(".send-error").textContent = words;
  const button = form.querySelector("button[type=submit]");
  button.disabled = false;
  button.removeAttribute("aria-busy");
  // The button that had the focus is hidden; who is elsewhere by now stays there.
  if (document.activeElement === document.body || form.contains(document.activeElement)) button.focus();
}

function send(form) {
  // The server would end the connection in the middle, of which the browser tells nothing but that.
  const file = form.querySelector("input[type=file]").files[0];
  if (file?.size > Number(form.dataset.most)) return location.assign(`${form.action}?error=large`);
  const bar = form.querySelector(".sending");
  const tell = (percent) => {
    bar.querySelector("progress").value = percent;
    // The server still writes it to its disk and looks at it.
    bar.querySelector(".text").textContent = percent < 100 ? `${Math.floor(percent)} %` : "Sent, being looked at";
  };
  from = form;
  way = new XMLHttpRequest();
  way.upload.onprogress = ({ loaded, total, lengthComputable }) => {
    // Whoever left the page left the file.
    if (!form.isConnected) way?.abort();
    else if (lengthComputable) tell((100 * loaded) / total);
  };
  way.onload = () => {
    if (!form.isConnected) return settle(form, "");
    if (way.status < 400) return location.assign(way.responseURL);
    let detail;
    try {
      detail = JSON.parse(way.responseText).detail;
    } catch {
      // A proxy's own words: only the number is told.
    }
    settle(form, detail ?? `The server did not take the file (${way.status}). Try again.`);
  };
  way.onerror = () => settle(form, "The file did not arrive whole: the server could not be reached. Try again.");
  way.onabort = () => settle(form, "Stopped. Nothing was kept of the file.");
  tell(0);
  form.querySelector(".send-error").textContent = "";
  bar.hidden = false;
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  bar.querySelector("button").focus();
  way.open("POST", form.action);
  way.send(new FormData(form));
}

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !event.target.querySelector(".sending")) return;
  event.preventDefault();
  if (way && !from.isConnected) way.abort();
  if (!way) send(event.target);
});
document.addEventListener("click", ({ target }) => target.closest(".sending button") && way?.abort());
// Back from where it led: the form is as it was.
window.addEventListener("pageshow", ({ persisted }) => {
  const form = persisted && document.querySelector("form:has(.sending:not([hidden]))");
  if (form) settle(form, "");
});
