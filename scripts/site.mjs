// The part of scripts/site.sh that is not Rust: styles, fonts, the scripts of npm packages, names, compression.
//   site.mjs setting KEY          a value of [[workspace.metadata.leptos]], one line each
//   site.mjs assets               what `cargo leptos watch` does not make: fonts in the site folder, scripts in public/vendor
//   site.mjs site MODE WORK       WORK/bindgen and all the rest into the site folder
// The site folder holds exactly what a run makes; what is already there and the same is not written again, so that the
// server, which embeds the folder, is not rebuilt for nothing.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const leptos = () => {
  const metadata = execFileSync("cargo", ["metadata", "--no-deps", "--offline", "--format-version", "1"], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return JSON.parse(metadata).metadata.leptos[0];
};

const sha = (data) => createHash("sha256").update(data).digest("hex");

/** Writes only what differs; answers whether it did. */
function put(path, data) {
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(data))) return false;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, data);
  return true;
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

// ---- what npm packages give -----------------------------------------------------------------------------------------

const fonts = {
  "inter.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
  "jetbrains-mono.woff2": "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2",
};
const font = (name) => readFileSync(join("node_modules", fonts[name]));

/** For `cargo leptos watch`, which copies public/ and leaves the package folder alone but for its own three files. */
async function assets({ "site-root": root, "site-pkg-dir": pkg, "assets-dir": publicDir }) {
  for (const name of Object.keys(fonts)) put(join(root, pkg, "fonts", name), font(name));
  await script(publicDir, "echarts");
  await script(publicDir, "page");
  await script(publicDir, "tryout");
}

/** A script of npm packages that sets the global of its name, made again when its list or a package changed. */
async function script(publicDir, name) {
  const entry = `scripts/${name}.mjs`;
  const bundle = join(publicDir, `vendor/${name}.min.js`);
  const text = readFileSync(entry, "utf8");
  const ours = [...text.matchAll(/(?: from|^import) "\.\/(.+\.mjs)"/gm)].map(([, part]) => readFileSync(`scripts/${part}`));
  const stamp = sha([text, ...ours, readFileSync("package-lock.json")].join("\n"));
  if (existsSync(bundle) && readFileSync(bundle, "utf8").startsWith(`/*! ${stamp} */`)) return readFileSync(bundle);
  const esbuild = await import("esbuild");
  const result = await esbuild.build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "iife",
    globalName: name,
    target: "es2022",
    legalComments: "none", // the licences are in third-party.txt
    write: false,
    logLevel: "warning",
  });
  put(bundle, `/*! ${stamp} */\n/*! Licences: /third-party.txt */\n${result.outputFiles[0].text}`);
  return readFileSync(bundle);
}

/** The licences of what is served and is not ours. */
function thirdParty() {
  const packages = ["echarts", "zrender", "idiomorph", "@fontsource-variable/inter", "@fontsource-variable/jetbrains-mono"];
  const parts = packages.flatMap((pkg) => {
    const folder = join("node_modules", pkg);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const texts = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && /^(licen[cs]e|notice)/i.test(entry.name))
      .map((entry) => readFileSync(join(folder, entry.name), "utf8").trim());
    return [`${pkg} ${version} (${license})`, ...texts];
  });
  return `${parts.join("\n\n")}\n`;
}

// ---- site -----------------------------------------------------------------------------------------------------------

/** In styles `/x` is a path of the site, not of this machine's disk. */
const rooted = {
  name: "rooted",
  setup(build) {
    build.onResolve({ filter: /^\// }, ({ kind, path }) => (kind === "url-token" ? { path, external: true } : undefined));
  },
};

const compressible = new Set([".js", ".css", ".wasm", ".svg", ".txt", ".json", ".html", ".ico", ".xml", ".webmanifest"]);

async function site(mode, work) {
  const { name, "site-root": root, "site-pkg-dir": pkg, "style-file": style, "assets-dir": publicDir } = leptos();
  const release = mode === "release";
  const esbuild = await import("esbuild");

  /** Everything the site folder will hold, by path in it. */
  const files = new Map();
  const hashed = (stem, extension, data) => {
    const path = `${pkg}/${stem}.${sha(data).slice(0, 12)}${extension}`;
    files.set(path, Buffer.from(data));
    return `/${path}`;
  };

  // Fonts first: the styles name them as `/pkg/fonts/x.woff2`.
  const fontUrl = new Map(
    Object.keys(fonts).map((name) => [
      `/${pkg}/fonts/${name}`,
      hashed(`fonts/${basename(name, ".woff2")}`, ".woff2", font(name)),
    ]),
  );

  // No target: nesting, light-dark(), oklch() and layers reach the browser as they were written.
  const styles = await esbuild.build({
    entryPoints: [style],
    bundle: true,
    minify: release,
    plugins: [rooted],
    loader: { ".svg": "dataurl" },
    legalComments: "none",
    write: false,
    logLevel: "warning",
  });
  const css = styles.outputFiles[0].text.replace(/url\((["']?)(\/[^"')]+)\1\)/g, (_, __, url) => {
    if (fontUrl.has(url)) return `url(${fontUrl.get(url)})`;
    if (existsSync(join(publicDir, url))) return `url(${url})`;
    throw new Error(`${style}: url(${url}) names neither a font nor a file of ${publicDir}/`);
  });

  // The module, then the script that names it.
  const bindgen = join(work, "bindgen");
  const wasm = hashed(`${name}_bg`, ".wasm", readFileSync(join(bindgen, `${name}_bg.wasm`)));
  const glue = readFileSync(join(bindgen, `${name}.js`), "utf8").replaceAll(`${name}_bg.wasm`, basename(wasm));
  const module = await esbuild.transform(glue, { format: "esm", minify: release, target: "es2022", legalComments: "none" });
  for (const file of filesUnder(join(bindgen, "snippets"))) {
    files.set(`${pkg}/snippets/${file}`, readFileSync(join(bindgen, "snippets", file)));
  }

  const manifest = {
    js: hashed(name, ".js", module.code),
    wasm,
    css: hashed(name, ".css", css),
    echarts: hashed("echarts", ".js", await script(publicDir, "echarts")),
    page: hashed("page", ".js", await script(publicDir, "page")),
    tryout: hashed("tryout", ".js", await script(publicDir, "tryout")),
    fonts: [...fontUrl.values()],
  };

  for (const file of filesUnder(publicDir)) {
    if (!file.startsWith("vendor/")) files.set(file, readFileSync(join(publicDir, file)));
  }
  files.set("third-party.txt", Buffer.from(thirdParty()));

  // Compressed siblings; what was compressed from the same bytes at the same level is kept.
  const level = release ? 11 : 4;
  const ledger = join(work, "compressed.json");
  const before = existsSync(ledger) ? JSON.parse(readFileSync(ledger, "utf8")) : {};
  const now = {};
  const keep = new Set(["manifest.json"]);
  for (const [path, data] of files) {
    const out = join(root, path);
    keep.add(path);
    put(out, data);
    if (!compressible.has(extname(path))) continue;
    const key = `${sha(data)} ${level}`;
    now[path] = key;
    keep.add(`${path}.br`).add(`${path}.gz`);
    if (before[path] === key && existsSync(`${out}.br`) && existsSync(`${out}.gz`)) continue;
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: level,
      [constants.BROTLI_PARAM_SIZE_HINT]: data.length,
    };
    put(`${out}.br`, brotliCompressSync(data, { params }));
    put(`${out}.gz`, gzipSync(data, { level: release ? 9 : 6 }));
  }
  put(join(root, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const file of filesUnder(root)) if (!keep.has(file)) rmSync(join(root, file));
  put(ledger, JSON.stringify(now));

  const size = (url) => statSync(join(root, url)).size;
  for (const [what, url] of Object.entries({ wasm: manifest.wasm, js: manifest.js, css: manifest.css, page: manifest.page, echarts: manifest.echarts })) {
    console.error(`site: ${what.padEnd(8)}${String(size(url)).padStart(9)} bytes, brotli ${String(size(`${url}.br`)).padStart(7)}`);
  }
}

// ---- command --------------------------------------------------------------------------------------------------------

const [command, ...rest] = process.argv.slice(2);
if (command === "setting") {
  const value = leptos()[rest[0]];
  if (value === undefined) throw new Error(`[[workspace.metadata.leptos]] has no ${rest[0]}`);
  console.log([value].flat().join("\n"));
} else if (command === "assets") {
  await assets(leptos());
} else if (command === "site") {
  await site(rest[0], rest[1]);
} else {
  throw new Error("usage: site.mjs setting KEY | assets | site MODE WORK");
}
