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
