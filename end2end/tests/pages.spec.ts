import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

const areas = ["overview", "events", "groups", "sources", "uploads", "audit"].map((area) => `/o/acme/${area}`);
const settings = ["general", "retention", "members", "environments", "api-keys", "sessions", "permissions"].map((page) => `/o/acme/settings/${page}`);
const parts = { "areas are": areas, "settings and the account are": [...settings, "/account"], "the documents of the API are": ["/api/docs"] };

for (const [scheme, [words, paths]] of (["light", "dark"] as const).flatMap((scheme) => Object.entries(parts).map((part) => [scheme, part] as const))) {
  test(`${words} accessible and free of script errors in the ${scheme} scheme`, async ({ page }) => {
    // Axe looks at every row of every operation.
    test.setTimeout(180_000);
    const errors = watchForErrors(page);
    await page.emulateMedia({ colorScheme: scheme });
    await signIn(page);
    for (const path of paths) {
      await test.step(path, async () => {
        const answer = await page.goto(path);
        expect(answer?.status()).toBe(200);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        await expectAccessible(page);
      });
    }
    expect(errors).toEqual([]);
  });
}

test("what is not there, or not allowed, has a title, a heading and its status", async ({ page }) => {
  await signIn(page);
  const nobody = "00000000-0000-0000-0000-000000000000";
  const missing = [`cases/${nobody}`, `groups/${nobody}`, `events/${nobody}`, `uploads/${nobody}`, "nowhere"];
  for (const [path, status, title] of [
    ...missing.map((path) => [`/o/acme/${path}`, 404, "Not found"] as const),
    // The frame says it; the page within keeps its name.
    ["/o/nobody/events", 404, "Not found"] as const,
    ["/nowhere", 404, "Not found"] as const,
    ["/organizations", 403, "Not allowed"] as const,
  ]) {
    await test.step(path, async () => {
      const answer = await page.goto(path);
      expect(answer?.status()).toBe(status);
      await expect(page).toHaveTitle(`${title} · Watchroom`);
      await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
      await expectAccessible(page);
    });
  }
  expect((await page.goto("/account/?from=mail"))?.status()).toBe(200);
  await expect(page).toHaveURL(/\/account\?from=mail$/);
});

test("g then e goes to the events, the palette opens with Control+K", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/overview");
  // The keys work once the WASM runs.
  await expect(async () => {
    await page.keyboard.press("g");
    await page.keyboard.press("e");
    await expect(page).toHaveURL(/\/o\/acme\/events/, { timeout: 500 });
  }).toPass();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog")).toBeVisible();
});

test("what the pages load is sent compressed and kept for ever", async ({ page, request }) => {
  const loaded: string[] = [];
  page.on("response", (answer) => {
    const path = new URL(answer.url()).pathname;
    if (/\.(wasm|js|css)$/.test(path)) loaded.push(path);
  });
  await page.goto("/sign-in");
  await expect(page.locator(":root[data-ready]")).toBeAttached();
  expect(loaded.some((path) => path.endsWith(".wasm")) && loaded.some((path) => path.endsWith(".css"))).toBe(true);
  for (const path of loaded) {
    const sent = await request.get(path, { headers: { "accept-encoding": "br" } });
    expect([path, sent.status(), sent.headers()["content-encoding"]]).toEqual([path, 200, "br"]);
    expect(sent.headers()["cache-control"], path).toContain("immutable");
    expect(path, "its name follows from its content").toMatch(/[.-][0-9a-zA-Z_-]{8,}\.(wasm|js|css)$/);
  }
});
