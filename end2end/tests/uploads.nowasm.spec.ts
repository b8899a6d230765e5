import { expect, test } from "@playwright/test";
import { signIn } from "../pages/room";
import { mapOdd, oddCsv, upload } from "../pages/uploads";

test("a file is uploaded, mapped, tried and imported without scripts", async ({ page }) => {
  await signIn(page);
  await upload(page, oddCsv(`s${Date.now()}`));
  await mapOdd(page);
  await page.getByRole("button", { name: "Dry run" }).click();
  await expect(page.getByText("2 rows would be accepted, 1 refused. Nothing was stored.")).toBeVisible();
  await page.getByRole("button", { name: "Import" }).click();
  // The page loads itself again until it is done.
  await expect(page.getByText("2 events stored, 1 row refused.")).toBeVisible({ timeout: 20_000 });
});
