import { expect, test } from "@playwright/test";
import { signIn } from "../pages/room";

test("groups are sorted, searched and opened without scripts", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/groups?sort=count");
  await page.getByRole("searchbox", { name: "Search in templates" }).fill("password");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(page).toHaveURL(/sort=count/);
  await page.getByRole("table", { name: "Groups of events" }).locator("tbody tr").first().getByRole("link").first().click();
  await expect(page.getByRole("heading", { name: "Latest events" })).toBeVisible();
});
