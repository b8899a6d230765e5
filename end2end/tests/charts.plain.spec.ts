import { expect, test, type Page } from "@playwright/test";
import { signIn } from "../pages/room";

// Scripts run, but what would draw the charts does not come: a proxy that drops it, a browser that may not run WASM.
async function expectTables(page: Page) {
  await page.goto("/o/acme/overview?range=30d");
  await expect(page.getByRole("table", { name: /^Events per / })).toBeVisible();
  await expect(page.getByRole("table", { name: /^Events per / }).getByRole("link").first()).toBeVisible();
  await expect(page.locator(".chart .drawing").first()).toBeHidden();
}

test("with WASM blocked the tables stand in for the charts", async ({ page }) => {
  await signIn(page);
  await page.route(/\.wasm$/, (route) => route.abort());
  await expectTables(page);
});

test("without the chart library the tables stand in for the charts", async ({ page }) => {
  await signIn(page);
  await page.route(/echarts/, (route) => route.abort());
  await expectTables(page);
});
