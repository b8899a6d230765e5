import { expect, test } from "@playwright/test";
import { signIn } from "../pages/room";

test("without scripts a row leads to the case beside the list, and from there to its page", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/cases?show=all");
  const table = page.getByRole("table", { name: "Cases" });
  const link = table.getByRole("row").nth(1).locator("td.message > a");
  const title = (await link.textContent())!.trim();
  await link.click();
  const panel = page.getByRole("complementary");
  await expect(panel.getByText(title)).toBeVisible();
  await panel.getByRole("link", { name: "Open as a page" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
});
