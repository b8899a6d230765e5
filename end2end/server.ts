// Starts the server with demo data on a free port and a fresh folder, for the whole run, and stops it at the end.
// With WATCHROOM_E2E_URL set the tests go to that server and none is started. WATCHROOM_E2E_DATABASE_URL puts the data
// into another database than a fresh SQLite file.
import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
// The debug build is what CI has at hand: a release build costs it a quarter of an hour and is the same source.
const profile = process.env["WATCHROOM_E2E_PROFILE"] ?? "debug";
export const binary = join(process.env["WATCHROOM_TARGET"] ?? join(root, "target"), profile, "watchroom");
const startWithin = 60_000; // the demo data is filled in before the server listens
const stopWithin = 10_000;

export default async function start(): Promise<(() => Promise<void>) | void> {
  if (process.env["WATCHROOM_E2E_URL"]) return;

  const data = mkdtempSync(join(tmpdir(), "watchroom-e2e-"));
  mkdirSync(join(root, "end2end/test-results"), { recursive: true });
  const log = join(root, "end2end/test-results/server.log");
  const out = createWriteStream(log);
  const server = spawn(binary, ["serve", "--demo"], {
    cwd: data,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      WATCHROOM_ADDR: `127.0.0.1:${await freePort()}`,
      WATCHROOM_DATA_DIR: data,
      WATCHROOM_DATABASE_URL: process.env["WATCHROOM_E2E_DATABASE_URL"] ?? `sqlite://${join(data, "watchroom.db")}`,
    },
  });
  const stop = async () => {
    await end(server);
    rmSync(data, { recursive: true, force: true });
  };
  try {
    process.env["WATCHROOM_E2E_URL"] = await listening(server, (text) => out.write(text));
  } catch (error) {
    await stop();
    const tail = readFileSync(log, "utf8").split("\n").slice(-30).join("\n");
    throw new Error(`${binary} serve --demo: ${(error as Error).message}\n${tail}`);
  }
  return stop;
}

/** The URL of the line `listening on http://…`, on whichever stream it comes. */
export function listening(server: ChildProcess, keep: (text: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not listening after ${startWithin / 1000} s`)), startWithin);
    server.on("error", reject);
    server.on("exit", (code, signal) => reject(new Error(`ended before it listened (${code ?? signal})`)));
    for (const stream of [server.stdout, server.stderr]) {
      let text = "";
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        keep(chunk);
        text = (text + chunk).slice(-4096);
        const url = /listening on (http:\/\/[^\s"]+)/.exec(text)?.[1];
        if (url) {
          clearTimeout(timer);
          resolve(url.replace(/\/$/, ""));
        }
      });
    }
  });
}

export async function end(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  server.kill("SIGTERM");
  const timer = setTimeout(() => {
    console.error(`the server did not stop within ${stopWithin / 1000} s of SIGTERM: killed`);
    server.kill("SIGKILL");
  }, stopWithin);
  await gone;
  clearTimeout(timer);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
