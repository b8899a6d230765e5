// "Try it" on the page of the API's documents (server/src/http/docs.rs): the form of an operation is made when it is opened, from the
// document that integrators read. What is sent carries the key that was typed and never the session's cookie: trying an operation has
// the rights of the key, and nothing that leads here can do something as the person who is signed in.

/** Characters of an answer that are shown; the rest is in what can be saved. */
const SHOWN = 200_000;
/** Bytes after which a stream that does not end by itself is left. */
const MOST = 20_000_000;
/** A body is sent as it is typed. */
const LEFT_OUT = new Set(["content-encoding"]);

let described;
const description = () => {
  described ??= fetch("/api/v1/openapi.json", { credentials: "omit" }).then((answer) =>
    answer.ok ? answer.json() : Promise.reject(new Error(`the document answered ${answer.status}`)),
  );
  // The next form asks again.
  described.catch(() => (described = undefined));
  return described;
};

const element = (name, attributes = {}, ...inside) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  made.append(...inside);
  return made;
};

const resolve = (api, schema = {}) => {
  const name = schema.$ref?.split("/").pop();
  if (name) return resolve(api, api.components.schemas[name]);
  const choices = schema.oneOf ?? schema.anyOf;
  const real = choices?.find((choice) => choice.type !== "null");
  return real ? { ...resolve(api, real), description: schema.description } : schema;
};
const typeOf = ({ type }) => [type].flat().find((word) => word && word !== "null");

/** What a body may look like: examples and what must be there. */
function example(api, schema, depth = 0) {
  const known = resolve(api, schema);
  if (known.example !== undefined) return known.example;
  if (known.default !== undefined) return known.default;
  if (known.enum) return known.enum[0];
  if (known.allOf) return Object.assign({}, ...known.allOf.map((part) => example(api, part, depth)));
  switch (typeOf(known)) {
    case "object": {
      const needed = Object.entries(known.properties ?? {}).filter(
        ([name, property]) => known.required?.includes(name) || property.example !== undefined,
      );
      return depth > 6 ? {} : Object.fromEntries(needed.map(([name, property]) => [name, example(api, property, depth + 1)]));
    }
    case "array":
      return depth > 6 ? [] : [example(api, known.items, depth + 1)];
    case "integer":
    case "number":
      return known.minimum ?? 0;
    case "boolean":
      return false;
    case "string":
      return known.format === "date-time" ? new Date().toISOString() : known.format === "uuid" ? crypto.randomUUID() : "";
    default:
      return null;
  }
}

let made = 0;

function field(label, control, { hint, required } = {}) {
  made += 1;
  control.id = `tryout-${made}`;
  const parts = [element("label", { for: control.id }, label), control];
  if (!required) parts[0].append(element("span", { class: "optional-mark" }, " optional"));
  control.required = Boolean(required);
  if (hint) {
    parts.push(element("p", { class: "hint", id: `${control.id}-hint` }, hint));
    control.setAttribute("aria-describedby", `${control.id}-hint`);
  }
  return element("div", { class: "field" }, ...parts);
}

const choices = (words, required) => {
  const select = element("select", { class: "text-input" }, ...(required ? [] : [element("option", { value: "" }, "")]));
  select.append(...words.map((word) => element("option", { value: word }, String(word))));
  return select;
};

function input(api, parameter) {
  const schema = resolve(api, parameter.schema);
  if (schema.enum) return choices(schema.enum.filter((word) => word !== null), parameter.required);
  switch (typeOf(schema)) {
    case "boolean":
      return choices(["true", "false"], parameter.required);
    case "integer":
    case "number":
      return element("input", { class: "text-input mono", inputmode: "numeric", autocomplete: "off" });
    case "array":
      return element("textarea", { class: "text-area mono", rows: 1, spellcheck: "false" });
    default:
      return element("input", { class: "text-input mono", autocomplete: "off", spellcheck: "false" });
  }
}

/** Of an array one a line, as the API takes them: the name again for each. */
const valuesOf = (control) =>
  (control instanceof HTMLTextAreaElement ? control.value.split("\n") : [control.value])
    .map((value) => value.trim())
    .filter(Boolean);

const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The same for a shell. The key is left to the environment: what is copied goes into tickets. */
function curl(method, address, headers, body) {
  const lines = [`curl -X ${method} ${quoted(new URL(address, location.href).href)}`, `-H "Authorization: Bearer $WATCHROOM_KEY"`];
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body instanceof File) lines.push(`--data-binary @${quoted(body.name)}`);
  else if (body !== undefined) lines.push(`--data-raw ${quoted(body)}`);
  return lines.join(" \\\n  ");
}

const sizeOf = (bytes) =>
  bytes < 1_000 ? `${bytes} bytes` : bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;

const isText = (kind) => /^text\/|json|yaml|xml|pem|ndjson/.test(kind);

function readable(text, kind) {
  if (!/json/.test(kind) || /ndjson/.test(kind)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Reads until the end, the most, or until somebody stops it; `tell` hears how much there is, and each part. */
async function read(answer, tell) {
  const parts = [];
  let size = 0;
  let whole = true;
  const reader = answer.body?.getReader();
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) break;
      parts.push(value);
      size += value.length;
      tell(size, value);
      if (size > MOST) {
        whole = false;
        await reader.cancel();
        break;
      }
    }
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    whole = false;
  }
  return { blob: new Blob(parts), whole };
}

const block = (label, text) => element("pre", { class: "tryout-text", tabindex: 0, role: "region", "aria-label": label }, text);

async function send(form, operation, { method, path, controls, body }) {
  const key = document.getElementById("tryout-key");
  const told = document.getElementById("tryout-key-error");
  const missing = operation.security?.length && !key.value.trim();
  key.toggleAttribute("aria-invalid", false);
  told.textContent = "";
  if (missing) {
    key.setAttribute("aria-invalid", "true");
    told.textContent = "Paste an API key first. Keys are made under Settings, API keys.";
    key.focus();
    return;
  }
  const query = new URLSearchParams();
  const headers = {};
  let address = path;
  for (const [{ name, in: place }, control] of controls) {
    const values = valuesOf(control);
    // A browser folds `.` and `..`, which would be another operation.
    if (place === "path") address = address.replace(`{${name}}`, encodeURIComponent(values[0] ?? "").replace(/^\.+$/, ""));
    else if (place === "header") values.slice(0, 1).forEach((value) => (headers[name] = value));
    else values.forEach((value) => query.append(name, value));
  }
  if (query.size) address += `?${query}`;
  const content = body?.file ? body.file.files[0] : body?.text.value;
  if (content !== undefined) headers["Content-Type"] = body.kind.value;

  const state = element("p", { role: "status" }, "Sending…");
  const button = form.querySelector("button");
  const stop = element("button", { type: "button", class: "button" }, "Stop");
  const command = method.toUpperCase();
  const region = element("section", { class: "tryout-answer", "aria-label": "Answer" }, element("div", { class: "row-line" }, state, stop));
  region.append(block("The same with curl", curl(command, address, headers, content)));
  form.querySelector(".tryout-answer")?.remove();
  form.append(region);
  const shown = block("Body of the answer", "");
  const aborted = new AbortController();
  stop.addEventListener("click", () => aborted.abort());
  button.disabled = true;
  const begun = performance.now();
  try {
    const answer = await fetch(address, {
      method: command,
      headers: { ...headers, ...(key.value.trim() && { Authorization: `Bearer ${key.value.trim()}` }) },
      body: content,
      credentials: "omit",
      cache: "no-store",
      signal: aborted.signal,
    });
    const line = `${answer.status} ${answer.statusText}`.trim();
    const kind = answer.headers.get("content-type") ?? "";
    const listed = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    region.append(element("details", { class: "fold" }, element("summary", {}, "Headers of the answer"), block("Headers of the answer", listed)));
    const streams = kind.startsWith("text/event-stream");
    if (isText(kind)) region.append(shown);
    const decoder = new TextDecoder();
    let said = 0;
    const { blob, whole } = await read(answer, (size, chunk) => {
      // Once a second: a screen reader says each.
      if (performance.now() - said > 1_000) {
        state.textContent = `${line} · ${sizeOf(size)} so far`;
        said = performance.now();
      }
      if (streams) shown.textContent = (shown.textContent + decoder.decode(chunk, { stream: true })).slice(-SHOWN);
    });
    const took = `${Math.round(performance.now() - begun)} ms`;
    state.textContent = [line, took, sizeOf(blob.size), ...(whole ? [] : ["stopped"])].join(" · ");
    if (isText(kind)) {
      const text = readable(await blob.text(), kind);
      shown.textContent = text.length > SHOWN ? `${text.slice(0, SHOWN)}\n… cut here; save the answer to have all of it` : text;
    }
    if (blob.size) {
      const name = /filename="?([^";]+)/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? "answer";
      region.append(element("a", { href: URL.createObjectURL(blob), download: name }, "Save the answer"));
    }
  } catch (error) {
    state.textContent =
      error.name === "AbortError"
        ? "Stopped before there was an answer."
        : "There was no answer. Is the server running, is this device online, and has no header or key a character beyond Latin letters?";
  } finally {
    stop.remove();
    button.disabled = false;
  }
}

async function fill(details) {
  const { method, path } = details.dataset;
  const waiting = element("p", { role: "status" }, "Reading the document…");
  details.append(waiting);
  let api;
  try {
    api = await description();
  } catch {
    waiting.textContent = "The document could not be read. Fold this and open it again to try once more.";
    details.addEventListener("toggle", () => waiting.remove(), { once: true });
    return false;
  }
  const operation = api.paths[path][method];
  const form = element("form", { class: "form", novalidate: "" });
  const controls = (operation.parameters ?? [])
    .filter(({ name }) => !LEFT_OUT.has(name.toLowerCase()))
    .map((parameter) => [parameter, input(api, parameter)]);
  for (const [parameter, control] of controls) {
    const several = control instanceof HTMLTextAreaElement ? " One a line." : "";
    const hint = `${parameter.description ?? ""}${several}`.trim();
    form.append(field(parameter.name, control, { hint, required: parameter.required }));
  }
  const contents = Object.entries(operation.requestBody?.content ?? {});
  let body;
  if (contents.length) {
    const required = operation.requestBody.required;
    const kind = choices(contents.map(([name]) => name), true);
    if (contents.length > 1) form.append(field("Content type", kind, { required: true }));
    if (contents[0][0] === "application/octet-stream") {
      const file = element("input", { type: "file" });
      form.append(field("Body", file, { required }));
      body = { kind, file };
    } else {
      const text = element("textarea", { class: "text-area mono", rows: 6, spellcheck: "false" });
      const suggest = () => {
        const [name, { schema }] = contents.find(([name]) => name === kind.value);
        const shape = name === "application/json" && typeOf(resolve(api, schema)) !== "string" ? example(api, schema) : undefined;
        text.value = text.defaultValue = shape === undefined ? "" : JSON.stringify(shape, null, 2);
      };
      suggest();
      // What somebody typed stays.
      kind.addEventListener("change", () => text.value === text.defaultValue && suggest());
      form.append(field("Body", text, { required }));
      body = { kind, text };
    }
  }
  form.append(element("div", { class: "actions" }, element("button", { type: "submit", class: "button primary" }, "Send")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const empty = [...form.elements].find((control) => control.willValidate && control.required && !control.value);
    for (const control of form.elements) control.removeAttribute("aria-invalid");
    form.querySelector(".error")?.remove();
    if (empty) {
      empty.setAttribute("aria-invalid", "true");
      const why = element("p", { class: "error", role: "alert", id: "tryout-missing" }, "This is needed.");
      empty.setAttribute("aria-errormessage", why.id);
      empty.after(why);
      empty.focus();
      return;
    }
    void send(form, operation, { method, path, controls, body });
  });
  waiting.replaceWith(form);
  return true;
}

document.querySelector(".tryout-key").hidden = false;
for (const details of document.querySelectorAll("details.tryout")) {
  details.hidden = false;
  let filled = false;
  details.addEventListener("toggle", async () => {
    if (!details.open || filled) return;
    filled = true;
    filled = await fill(details);
  });
}
