import { expect, test } from "@playwright/test";
import { signIn, viewer } from "../pages/room";

test("the history of a record and the search of the log need no scripts", async ({ page }) => {
  await signIn(page, viewer);
  await page.goto("/o/acme/settings/environments");
  await page.getByRole("link", { name: /^History of/ }).first().click();
  const dialog = page.getByRole("dialog", { name: /^History of/ });
  await expect(dialog).toContainText("ENVIRONMENT_CREATED");
  await dialog.getByRole("link", { name: /the audit log/ }).click();
  await expect(page.getByRole("table", { name: /^Audit entries/ })).toContainText("ENVIRONMENT_CREATED");
  await page.goto("/o/acme/audit?q=ada%40acme.example&action=ENVIRONMENT_CREATED");
  await expect(page.getByLabel("Search the entries")).toHaveValue("ada@acme.example");
  await expect(page.getByRole("table", { name: /^Audit entries/ })).toContainText("ENVIRONMENT_CREATED");
});
