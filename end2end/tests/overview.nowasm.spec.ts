import { expect, test } from "@playwright/test";
import { signIn } from "../pages/room";

test("figures, tables behind the charts and groups are there without scripts", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/overview?range=30d");
  await expect(page.getByRole("group", { name: "Key figures" }).getByRole("link", { name: /^Events: [\d,]+$/ })).toBeVisible();
  await expect(page.getByRole("table", { name: /^Events per / })).toBeVisible();
  await expect(page.getByRole("table", { name: "Groups with most events", exact: true })).toBeVisible();
});
