import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, viewer, watchForErrors } from "../pages/room";

test("an administrator adds, changes and deletes a source", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  const name = `edge firewall ${Date.now()}`;
  await page.goto("/o/acme/sources");
  await page.getByRole("link", { name: "New source" }).click();
  const added = page.getByRole("complementary", { name: "New source" });
  await added.getByLabel("Name").fill(name);
  await added.getByLabel("Type").selectOption("firewall");
  await added.getByLabel("IP address").fill("10.0.0.7");
  await added.getByLabel("Port").fill("514");
  await expectAccessible(page);
  await added.getByRole("button", { name: "Add source" }).click();
  const row = page.getByRole("table", { name: "Sources" }).getByRole("row").filter({ hasText: name });
  await expect(row).toContainText("10.0.0.7:514");

  await row.getByRole("link", { name }).click();
  const panel = page.getByRole("complementary", { name });
  await panel.getByLabel("Status").selectOption("inactive");
  await panel.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("Inactive");

  await row.getByRole("link", { name }).click();
  await panel.getByRole("button", { name: "Delete source" }).click();
  await expect(row).toHaveCount(0);
  expect(errors).toEqual([]);
});

test("what is wrong with a source stands at its field", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/sources?source=new");
  const panel = page.getByRole("complementary", { name: "New source" });
  await panel.getByLabel("Name").fill("somewhere");
  await panel.getByLabel("IP address").fill("not an address");
  await panel.getByRole("button", { name: "Add source" }).click();
  await expect(panel.getByLabel("IP address")).toHaveAccessibleDescription(/not an IP address/i);
  await expect(panel.getByLabel("Name")).toHaveValue("somewhere");
});

test("sources are found by a part of their name", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/sources");
  const table = page.getByRole("table", { name: "Sources" });
  const name = (await table.locator("tbody a[data-row-link]").last().textContent())?.trim() ?? "";
  await page.getByLabel("Search sources").fill(name.slice(1).toUpperCase());
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/q=/);
  await expect(table.getByRole("link", { name, exact: true })).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel("Search sources").fill("nothing is called 100%_ this");
  await page.keyboard.press("Enter");
  await expect(page.getByText("No source is called like that")).toBeVisible();
  await page.getByRole("link", { name: "All sources" }).click();
  await expect(table).toBeVisible();
});

test("a viewer reads sources, and a number of events leads to them", async ({ page }) => {
  await signIn(page, viewer);
  await page.goto("/o/acme/sources");
  await expect(page.getByRole("link", { name: "New source" })).toHaveCount(0);
  await page.getByRole("table", { name: "Sources" }).getByRole("link", { name: /events$/ }).first().click();
  await expect(page).toHaveURL(/\/events\?from=all&q=source%3A/);
});

test("a key is made for a source, sends as it alone, and ends with it", async ({ page, request }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  const name = `bound ${Date.now()}`;
  await page.goto("/o/acme/sources?source=new");
  const added = page.getByRole("complementary", { name: "New source" });
  await added.getByLabel("Name").fill(name);
  await added.getByRole("button", { name: "Add source" }).click();
  const row = page.getByRole("table", { name: "Sources" }).getByRole("row").filter({ hasText: name });
  await row.getByRole("link", { name }).click();
  const panel = page.getByRole("complementary", { name });
  await expect(panel.getByText("None is bound to this source")).toBeVisible();
  await panel.getByRole("link", { name: "Make a key of this source" }).click();

  const dialog = page.getByRole("dialog", { name: "Make an API key" });
  await expect(dialog.getByLabel("Source", { exact: true })).toHaveValue(name);
  await dialog.getByLabel("Name").fill(`key of ${name}`);
  await dialog.getByRole("checkbox", { name: /event\.read/ }).check();
  await dialog.getByRole("button", { name: "Make the key" }).click();
  await expect(dialog.getByText(/key of one source only sends events/)).toBeVisible();
  await dialog.getByRole("checkbox", { name: /event\.read/ }).uncheck();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Make the key" }).click();
  const secret = page.getByText(/^wr_[A-Za-z0-9]+$/).first();
  await expect(secret).toBeVisible();
  await expect(dialog).toBeHidden();
  const key = (await secret.textContent())!.trim();
  await expect(page.getByRole("row").filter({ hasText: `key of ${name}` })).toContainText(`only as source ${name}`);

  // No event is stored, so that the source can be deleted.
  const answer = await request.post("/api/v1/events", {
    headers: { Authorization: `Bearer ${key}` },
    data: [{ occurred_at: new Date().toISOString(), severity: "high", message: "from elsewhere", source: "elsewhere" }],
  });
  expect(await answer.json()).toMatchObject({ accepted: 0, rejected: 1, rejections: [{ index: 0, field: "source" }] });

  await page.goto(`/o/acme/sources?q=${encodeURIComponent(name)}`);
  await row.getByRole("link", { name }).click();
  const keys = panel.getByRole("table", { name: "API keys of this source" });
  await expect(keys.getByRole("row").filter({ hasText: `key of ${name}` })).toBeVisible();
  await expect(panel.getByText("Deleting it revokes 1 API key")).toBeVisible();
  await expectAccessible(page);
  await panel.getByRole("button", { name: "Delete source" }).click();
  await expect(row).toHaveCount(0);
  const refused = await request.post("/api/v1/events", { headers: { Authorization: `Bearer ${key}` }, data: [] });
  expect(refused.status()).toBe(401);
  // The form that was refused.
  expect(errors).toEqual([expect.stringContaining("400")]);
});

test("a source is added with the keyboard alone", async ({ page }) => {
  const name = `keyed ${Date.now()}`;
  await signIn(page);
  await page.goto("/o/acme/sources");
  await page.keyboard.press("n");
  const added = page.getByRole("complementary", { name: "New source" });
  await expect(added.getByLabel("Name")).toBeFocused();
  await page.keyboard.type(name);
  await page.keyboard.press("Control+Enter");
  const row = page.getByRole("table", { name: "Sources" }).getByRole("row").filter({ hasText: name });
  await expect(row).toBeVisible();
  // What had the focus is gone or empty; the keyboard is still in the page.
  await expect(page.locator("main :focus")).toHaveCount(1);
  await row.getByRole("link", { name }).click();
  const panel = page.getByRole("complementary", { name });
  await panel.getByRole("button", { name: "Delete source" }).focus();
  await page.keyboard.press("Enter");
  await expect(row).toHaveCount(0);
  await expect(page.locator("main :focus")).toHaveCount(1);
});
