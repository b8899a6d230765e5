import { expect, test } from "@playwright/test";
import { makeKey, word } from "../pages/groups";
import { expectAccessible, signIn, viewer, watchForErrors } from "../pages/room";

test("all events that match go into a case while one looks on; groups by their list; a viewer can not", async ({ page, request, browser }) => {
  await signIn(page);
  const key = await makeKey(page, "event.write");
  const name = `many${word()}`;
  const headers = { authorization: `Bearer ${key}` };
  const event = (n: number) => ({
    occurred_at: new Date(Date.now() - 120_000 - n * 10).toISOString(),
    severity: "high",
    message: `${name} failed`,
    source: name,
  });
  const sent = await request.post("/api/v1/events", { headers, data: Array.from({ length: 900 }, (_, n) => event(n)) });
  expect(sent.ok()).toBe(true);
  const errors = watchForErrors(page);

  await page.goto(`/o/acme/events?q=${name}`);
  const bar = page.getByRole("toolbar", { name: "Selected rows" });
  await expect(bar).toBeHidden();
  await page.getByRole("checkbox", { name: "Select all rows shown" }).check();
  await expect(bar).toContainText("50 selected");
  await bar.getByLabel("All that match").check();
  await bar.getByRole("button", { name: "Add to a case" }).click();
  await expect(page.getByText(`All 900 events that match ${name}`)).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel("Title").fill(`${name} case`);
  await page.getByRole("button", { name: "Open the case" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `${name} case` })).toBeVisible();
  // Nobody loads it again.
  await expect(page.getByRole("link", { name: /^Linked 900/ })).toBeVisible();
  await expect(page.getByText("linked 900 events that match")).toBeVisible();

  await page.goto(`/o/acme/groups?text=${name}`);
  await page.getByRole("checkbox", { name: new RegExp(`^Select .*failed`) }).first().check();
  await page.getByRole("toolbar", { name: "Selected rows" }).getByRole("button", { name: "Add to a case" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Add to a case" })).toBeVisible();
  await page.getByRole("searchbox", { name: "Search cases" }).fill(name);
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await page.getByRole("list", { name: "Cases found" }).getByRole("button").first().click();
  await expect(page.getByRole("link", { name: /^Linked 901/ })).toBeVisible();
  expect(errors).toEqual([]);

  const other = await browser.newContext({ baseURL: new URL(page.url()).origin });
  const reads = await other.newPage();
  await signIn(reads, viewer);
  await reads.goto(`/o/acme/events?q=${name}`);
  await expect(reads.getByRole("table", { name: "Events, newest first" })).toBeVisible();
  await expect(reads.getByRole("checkbox", { name: /^Select/ })).toHaveCount(0);
  await reads.goto(`/o/acme/cases/add?list=events&all=true&q=${name}`);
  await expect(reads.getByRole("button", { name: "Open the case" })).toHaveCount(0);
  await other.close();
});
