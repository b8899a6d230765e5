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

test("a log file has no columns to map: it is tried and imported as it is", async ({ page }) => {
  const marker = `l${Date.now()}`;
  const lines = `<34>1 ${new Date().toISOString()} fw-1 sshd 7 - - refused ${marker}\n`;
  await signIn(page);
  await upload(page, { name: `${marker}.log`, mimeType: "text/plain", buffer: Buffer.from(lines) });
  await expect(page.getByText("Log lines, ")).toBeVisible();
  await expect(page.getByRole("table", { name: "First rows of the file" })).toContainText(`refused ${marker}`);
  await expect(page.getByRole("combobox", { name: /^Field for/ })).toHaveCount(0);
  await page.getByRole("button", { name: "Dry run" }).click();
  await expect(page.getByText("1 row would be accepted, 0 refused. Nothing was stored.")).toBeVisible();
  await page.getByRole("button", { name: "Import" }).click();
  await expect(page.getByText("1 event stored, 0 rows refused.")).toBeVisible({ timeout: 20_000 });
});

test("a file of which nothing would be stored waits on for other columns", async ({ page }) => {
  await signIn(page);
  await upload(page, oddCsv(`r${Date.now()}`));
  await mapOdd(page);
  await page.getByLabel("Field for when").selectOption("Raw payload only");
  await page.getByRole("button", { name: "Import" }).click();
  await expect(page.getByText("0 rows would be accepted, 3 refused. Nothing was stored. So there is nothing to import")).toBeVisible();
  await expect(page.getByLabel("Field for what")).toHaveValue("message");
  await page.getByLabel("Field for when").selectOption("Time");
  await page.getByRole("button", { name: "Import" }).click();
  await expect(page.getByText("2 events stored, 1 row refused.")).toBeVisible({ timeout: 20_000 });
});

test("a file that was looked at is discarded, and nothing of it stays", async ({ page }) => {
  await signIn(page);
  const file = oddCsv(`d${Date.now()}`);
  await upload(page, file);
  const address = page.url();
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page).toHaveURL(/\/uploads$/);
  await expect(page.getByText("Upload discarded")).toBeVisible();
  await page.goto(address);
  await expect(page.getByText(/not found|does not exist|nothing here/i).first()).toBeVisible();
});
