import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test.beforeEach(async ({ page }) => signIn(page));

test("the key figures lead to the lists behind them", async ({ page }) => {
  const errors = watchForErrors(page);
  await page.goto("/o/acme/overview?range=7d");
  const figures = page.getByRole("group", { name: "Key figures" });
  const count = (await figures.getByRole("link", { name: /^High and critical: / }).textContent())!.trim();
  await figures.getByRole("link", { name: /^High and critical: / }).click();
  await expect(page).toHaveURL(/\/events\?.*q=severity%3E%3Dhigh/);
  await expect(page.getByRole("main")).toContainText(`${count} event`);
  expect(errors).toEqual([]);
});

test("the charts are drawn, each has its table, and a group leads on", async ({ page }) => {
  await page.goto("/o/acme/overview?range=30d");
  for (const name of [/^Events per .* by severity$/, "The groups with most events"]) {
    const chart = page.getByRole("img", { name });
    await expect(chart.locator("canvas")).toBeVisible();
  }
  await expectAccessible(page);
  await page.getByRole("table", { name: "Groups with most events" }).locator("tbody tr").first().getByRole("link").first().click();
  await expect(page).toHaveURL(/\/groups\/[0-9a-f-]{36}/);
});

test("the range is chosen in the address", async ({ page }) => {
  await page.goto("/o/acme/overview");
  await page.getByText("Last 24 hours").first().click();
  await page.getByRole("link", { name: "Last 30 days" }).click();
  await expect(page).toHaveURL(/range=30d/);
  await expect(page.getByText(/compared with the 30 days before/)).toBeVisible();
});
