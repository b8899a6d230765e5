import { expect, test } from "@playwright/test";
import { makeKey } from "../pages/groups";
import { signIn } from "../pages/room";

test("chosen events and all that match go into cases without scripts, and are taken out again", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "event.write");
  const name = `add${Date.now()}`;
  const events = Array.from({ length: 5 }, (_, n) => ({
    occurred_at: new Date(Date.now() - 60_000 - n * 1000).toISOString(),
    severity: "high",
    message: `${name} number ${n}`,
    source: name,
  }));
  const headers = { authorization: `Bearer ${key}` };
  expect((await request.post("/api/v1/events", { headers, data: events })).ok()).toBe(true);

  // Two of them, into a new case.
  await page.goto(`/o/acme/events?q=${name}`);
  const table = page.getByRole("table", { name: "Events, newest first" });
  await table.getByRole("checkbox", { name: `Select ${name} number 0` }).check();
  await table.getByRole("checkbox", { name: `Select ${name} number 1` }).check();
  await page.getByRole("button", { name: "Add to a case" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Add to a case" })).toBeVisible();
  await expect(page.getByText("2 events.")).toBeVisible();
  await page.getByLabel("Title").fill(`${name} case`);
  await page.getByRole("button", { name: "Open the case" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `${name} case` })).toBeVisible();
  await page.getByRole("link", { name: /^Linked 2/ }).click();
  await expect(page.getByRole("table", { name: "Events of the case" }).getByRole("row")).toHaveCount(3);

  // All that match, into the same.
  await page.goto(`/o/acme/events?q=${name}`);
  await page.getByRole("checkbox", { name: "All that match" }).check();
  await page.getByRole("button", { name: "Add to a case" }).click();
  await expect(page.getByText(`All 5 events that match ${name}`)).toBeVisible();
  await page.getByRole("searchbox", { name: "Search cases" }).fill(name);
  await page.getByRole("button", { name: "Search", exact: true }).click();
  const found = page.getByRole("list", { name: "Cases found" });
  await expect(found.getByRole("listitem")).toHaveCount(1);
  await found.getByRole("button", { name: /^Add to CASE-/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: `${name} case` })).toBeVisible();
  const linked5 = page.getByRole("link", { name: /^Linked 5/ });
  await expect(async () => {
    await page.reload();
    await expect(linked5).toBeVisible({ timeout: 500 });
  }).toPass();
  await linked5.click();
  await expect(page.getByText(`events that match ${name}`)).toBeVisible();
  await page.getByRole("button", { name: "Take out again" }).click();
  await expect(page.getByRole("link", { name: /^Linked 2/ })).toBeVisible();
});
