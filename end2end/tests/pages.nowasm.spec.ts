import { expect, test } from "@playwright/test";
import { signIn } from "../pages/room";

test("signing in, reading events, opening one and reading the audit log work without scripts", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/events");
  const rows = page.getByRole("table", { name: /^Events, / }).getByRole("row");
  await expect(rows.nth(5)).toBeVisible();
  await rows.nth(1).getByRole("link").first().click();
  await expect(page).toHaveURL(/event=|\/events\//);
  await expect(page.getByText("fingerprint", { exact: true }).first()).toBeVisible();
  await page.goto("/o/acme/audit");
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  await page.goto("/o/acme/overview");
  await expect(page.getByRole("heading", { name: "Overview", level: 1 })).toBeVisible();
});
