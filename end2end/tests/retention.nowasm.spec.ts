import { expect, test } from "@playwright/test";
import { otherAdmin, signIn } from "../pages/room";

test("without WASM days are looked at and saved, and a hold is placed and lifted", async ({ page }) => {
  // Another organization than that of the spec with WASM, which runs at the same time.
  await signIn(page, otherAdmin);
  await page.goto("/o/globex/settings/retention");
  await page.getByLabel("High", { exact: true }).fill("3650");
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByText("Nothing would be deleted now.")).toBeVisible();
  await page.getByRole("button", { name: "Save these days" }).click();
  await expect(page).toHaveURL(/\/settings\/retention$/);
  await expect(page.getByLabel("High", { exact: true })).toHaveValue("3650");
  const reason = `without wasm ${Date.now()}`;
  await page.getByLabel("Reason").fill(reason);
  await page.getByRole("button", { name: "Place a hold" }).click();
  const row = page.getByRole("row").filter({ hasText: reason });
  await expect(row).toContainText("Every event");
  await row.getByRole("button", { name: "Lift" }).click();
  await expect(row).toContainText("lifted");
  // As it was.
  await page.getByLabel("High", { exact: true }).fill("");
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByRole("button", { name: "Save these days" }).click();
  await expect(page.getByText("Every event is kept for ever.")).toBeVisible();
});
