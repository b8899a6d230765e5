// A Watchroom of its own with a sign-in provider (PyPI oidc-provider-mock, brought by scripts/setup.sh test), both on loopback.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { binary, end, freePort, listening } from "../server";

const mock =
  process.env["WATCHROOM_OIDC_MOCK"] ??
  join(homedir(), ".cache/watchroom/tools/oidc-provider-mock-0.3.4/bin/oidc-provider-mock");

export type Room = {
  url: string;
  /** What the provider says of somebody from now on. */
  tell(sub: string, claims: Record<string, unknown>): Promise<void>;
  stop(): Promise<void>;
};

/** With the organization `acme` and its admin `ada@acme.example`, whose password is `password`. */
export async function startWithProvider(password: string, settings: Record<string, string> = {}): Promise<Room> {
  if (!existsSync(mock)) throw new Error(`${mock} is missing: run scripts/setup.sh test`);
  const data = mkdtempSync(join(tmpdir(), "watchroom-oidc-"));
  const port = await freePort();
  const issuer = `http://127.0.0.1:${await freePort()}`;
  const env = {
    ...process.env,
    WATCHROOM_ADDR: `127.0.0.1:${port}`,
    WATCHROOM_PUBLIC_URL: `http://127.0.0.1:${port}`,
    WATCHROOM_DATA_DIR: data,
    WATCHROOM_DATABASE_URL: `sqlite://${join(data, "watchroom.db")}`,
    WATCHROOM_OIDC_ISSUER: issuer,
    WATCHROOM_OIDC_CLIENT_ID: "watchroom",
    WATCHROOM_OIDC_CLIENT_SECRET: "hush",
    WATCHROOM_OIDC_NAME: "Example ID",
    ...settings,
  };
  const run = (args: string[], input = "") => execFileSync(binary, args, { cwd: data, env, input, stdio: "pipe" });
  run(["org", "add", "acme"]);
  run(["user", "add", "ada@acme.example", "--org", "acme", "--role", "admin", "--password-stdin"], password);
  const provider = spawn(mock, ["--port", new URL(issuer).port], { cwd: data, stdio: "ignore" });
  const server = spawn(binary, ["serve"], { cwd: data, env, stdio: ["ignore", "pipe", "pipe"] });
  const stop = async () => {
    await Promise.all([end(server), end(provider)]);
    rmSync(data, { recursive: true, force: true });
  };
  try {
    const url = await listening(server, () => {});
    await answering(`${issuer}/.well-known/openid-configuration`);
    const tell = async (sub: string, claims: Record<string, unknown>) => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${issuer}/users/${sub}`, { method: "PUT", headers, body: JSON.stringify(claims) });
      if (!answer.ok) throw new Error(`the provider did not take ${sub}: ${answer.status}`);
    };
    return { url, tell, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** On the provider's page: says who it is. */
export async function authorize(page: Page, sub: string): Promise<void> {
  await page.getByPlaceholder("sub").fill(sub);
  await page.getByRole("button", { name: "Authorize" }).click();
}

async function answering(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} does not answer`);
}
