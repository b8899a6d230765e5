import { expect, test, type APIRequestContext, type Page } from "@playwright/test";
import { EventsPage } from "../pages/events";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

/** A key that may send events, made as a person makes one. */
async function makeKey(page: Page, name: string): Promise<string> {
  await page.goto("/o/acme/settings/api-keys");
  await page.getByRole("button", { name: "Make an API key" }).click();
  const dialog = page.getByRole("dialog", { name: "Make an API key" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("checkbox", { name: /event\.write/ }).check();
  await dialog.getByRole("button", { name: "Make the key" }).click();
  const secret = page.getByText(/^wr_[A-Za-z0-9]+$/).first();
  await expect(secret).toBeVisible();
  return (await secret.textContent())!.trim();
}

async function send(request: APIRequestContext, key: string, ...messages: string[]): Promise<void> {
  const answer = await request.post("/api/v1/events", {
    headers: { Authorization: `Bearer ${key}` },
    data: messages.map((message) => ({ occurred_at: new Date().toISOString(), severity: "high", message, component: "live" })),
  });
  expect(answer.status()).toBe(200);
}

test("events enter two open lists as they arrive, each by its own query, and are there after a reload", async ({ page, context, request }) => {
  await signIn(page);
  const key = await makeKey(page, "live");
  const marker = `live${Date.now()}`;
  const errors = watchForErrors(page);
  const first = new EventsPage(page);
  await first.open("?from=30d");
  await first.ready();
  await page.getByRole("button", { name: "Live", exact: true }).click();
  await expect(page).toHaveURL(/live=1/);
  await expect(page.getByRole("button", { name: "Live", exact: true })).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByRole("status").filter({ hasText: /^Live$/ })).toBeAttached();

  const other = await context.newPage();
  const second = new EventsPage(other);
  await second.open(`?from=1h&q=${marker}%20-noise&live=1`);
  await second.ready();
  await expect(other.getByRole("status").filter({ hasText: /^Live$/ })).toBeAttached();

  await send(request, key, `${marker} one`, `${marker} noise`);
  await expect(first.rows.filter({ hasText: `${marker} one` })).toHaveCount(1);
  await expect(first.rows.filter({ hasText: `${marker} noise` })).toHaveCount(1);
  // It was empty until now.
  await expect(second.rows.filter({ hasText: `${marker} one` })).toHaveCount(1);
  await send(request, key, `${marker} two`);
  await expect(second.rows).toHaveCount(2);
  await expect(second.rows.first()).toContainText(`${marker} two`);
  await expectAccessible(page);

  await other.reload();
  await expect(second.rows).toHaveCount(2);
  await send(request, key, `${marker} three`);
  await expect(second.rows).toHaveCount(3);
  await second.link(0).click();
  await expect(second.panel).toContainText(`${marker} three`);
  await expect(second.rows.first()).toHaveAttribute("aria-current", "true");
  // Count, facets and bars follow, a little later.
  await expect(other.getByText(/^3 events as of \d\d:\d\d/)).toBeVisible({ timeout: 30_000 });
  expect(errors).toEqual([]);
});

test("a list that is scrolled, paused or read in keeps its place, and says how many wait", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "live place");
  const marker = `place${Date.now()}`;
  const errors = watchForErrors(page);
  const events = new EventsPage(page);
  // Rows enough to scroll, and nothing that other specs send meanwhile.
  await events.open(`?from=30d&limit=100&live=1&q=${encodeURIComponent(`component:nginx OR ${marker}`)}`);
  await events.ready();
  await expect(page.getByRole("status").filter({ hasText: /^Live$/ })).toBeAttached();
  const mine = events.rows.filter({ hasText: marker });

  const held = events.rows.nth(60);
  await held.scrollIntoViewIfNeeded();
  const before = await held.boundingBox();
  await send(request, key, `${marker} one`, `${marker} two`);
  await expect(page.getByRole("button", { name: "2 new" })).toBeInViewport();
  expect(await held.boundingBox()).toEqual(before);
  await expect(mine).toHaveCount(0);
  await page.getByRole("button", { name: "2 new" }).click();
  await expect(mine).toHaveCount(2);
  await expect(mine.first()).toBeInViewport();
  await expect(page.getByRole("button", { name: "2 new" })).toBeHidden();

  await page.getByRole("button", { name: "Pause" }).click();
  await send(request, key, `${marker} three`);
  await expect(page.getByRole("button", { name: "1 new" })).toBeVisible();
  await expect(mine).toHaveCount(2);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(mine).toHaveCount(3);

  await events.openRow(1);
  await send(request, key, `${marker} four`);
  await expect(page.getByRole("button", { name: "1 new" })).toBeVisible();
  await expect(mine).toHaveCount(3);
  await page.keyboard.press("Escape");
  await expect(events.panel).toBeHidden();
  await page.getByRole("button", { name: "1 new" }).click();
  await expect(mine).toHaveCount(4);
  expect(errors).toEqual([]);
});

test("Live leads from a past range, oldest first, to the newest, by key, and off again", async ({ page }) => {
  await signIn(page);
  const events = new EventsPage(page);
  const past = new Date(Date.now() - 3 * 86_400_000).toISOString();
  const to = new Date(Date.now() - 86_400_000).toISOString();
  await events.open(`?from=${past}&to=${to}&order=oldest`);
  await events.ready();
  await expect(page.getByRole("button", { name: "Live", exact: true })).toHaveAttribute("aria-pressed", "false");
  await page.keyboard.press("l");
  await expect(page).toHaveURL(/live=1/);
  expect(page.url()).not.toMatch(/[?&](to|order)=/);
  await expect(page.getByText(/ as of \d\d:\d\d/)).toBeVisible();
  await page.keyboard.press("l");
  await expect(page).not.toHaveURL(/live=1/);
});

test("what comes late enters at its place, and a key that shows what waits goes on from its first row", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "live late");
  const marker = `late${Date.now()}`;
  const at = async (minutes: number, message: string) => {
    const answer = await request.post("/api/v1/events", {
      headers: { Authorization: `Bearer ${key}` },
      data: [{ occurred_at: new Date(Date.now() - minutes * 60_000).toISOString(), severity: "low", message: `${marker} ${message}` }],
    });
    expect(answer.status()).toBe(200);
  };
  await at(10, "first");
  const events = new EventsPage(page);
  await events.open(`?from=1h&q=${marker}&live=1`);
  await events.ready();
  await expect(page.getByRole("status").filter({ hasText: /^Live$/ })).toBeAttached();
  await expect(events.rows).toHaveCount(1);
  await at(1, "newest");
  await expect(events.rows).toHaveCount(2);
  await at(5, "between");
  await expect(events.rows).toHaveCount(3);
  await at(20, "oldest");
  await expect(events.rows).toHaveCount(4);
  await expect(events.rows).toContainText(["newest", "between", "first", "oldest"]);

  await page.getByRole("button", { name: "Pause" }).click();
  await at(0, "waiting");
  const pill = page.getByRole("button", { name: "1 new" });
  await expect(pill).toBeVisible();
  await pill.press("Enter");
  await expect(events.rows).toHaveCount(5);
  await expect(events.rows.first()).toContainText("waiting");
  await expect(events.rows.first()).toBeFocused();
});
