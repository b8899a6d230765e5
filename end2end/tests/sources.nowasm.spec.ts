import { expect, test } from "@playwright/test";
import { signIn } from "../pages/room";

test("a source is added and deleted without scripts, and a mistake comes back with what was typed", async ({ page }) => {
  await signIn(page);
  const name = `plain form ${Date.now()}`;
  await page.goto("/o/acme/sources?source=new");
  const panel = page.getByRole("complementary", { name: "New source" });
  await panel.getByLabel("Name").fill(name);
  await panel.getByLabel("IP address").fill("nowhere");
  await panel.getByRole("button", { name: "Add source" }).click();
  await expect(panel.getByText("not an IP address")).toBeVisible();
  await expect(panel.getByLabel("Name")).toHaveValue(name);
  await panel.getByLabel("IP address").fill("10.1.2.3");
  await panel.getByRole("button", { name: "Add source" }).click();
  const row = page.getByRole("table", { name: "Sources" }).getByRole("row").filter({ hasText: name });
  await row.getByRole("link", { name }).click();
  await page.getByRole("complementary", { name }).getByRole("button", { name: "Delete source" }).click();
  await expect(row).toHaveCount(0);
});
