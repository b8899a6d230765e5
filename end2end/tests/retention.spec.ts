import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, viewer, watchForErrors } from "../pages/room";

test("days are looked at before they are saved, and a hold is placed and lifted", async ({ page }) => {
  await signIn(page);
  const errors = watchForErrors(page);
  await page.goto("/o/acme/settings/retention");
  await expect(page.locator(":root[data-ready]")).toBeAttached();
  await expect(page.getByText("Every event is kept for ever.")).toBeVisible();

  // More than the demo's thirty days: nothing is deleted under the other specs.
  await page.getByLabel("Info", { exact: true }).fill("3000");
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page).toHaveURL(/preview=true/);
  await expect(page.getByText("Nothing would be deleted now.")).toBeVisible();
  await page.getByLabel("Info", { exact: true }).fill("1");
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByText(/^Would delete [\d,]+ events:$/)).toBeVisible();
  await expect(page.getByText(/ Info, kept 1 day: from before \d{4}-\d\d-\d\d \d\d:00:00$/)).toBeVisible();
  // The numbers are those of what was looked at: they go with it.
  await expect(page.getByRole("button", { name: "Save these days" })).toBeVisible();
  await page.getByLabel("Info", { exact: true }).fill("2");
  await expect(page.getByRole("button", { name: "Save these days" })).toBeHidden();
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByText(/ Info, kept 2 days: /)).toBeVisible();
  await page.goto("/o/acme/settings/retention?preview=true&low=many");
  await expect(page.getByText(/use 1 to 3,650 days/i)).toBeVisible();
  await expect(page.getByRole("button", { name: "Save these days" })).toHaveCount(0);

  const reason = `litigation ${Date.now()}`;
  await page.getByLabel("Reason").fill(reason);
  await page.getByLabel("Only what this query finds").fill("severty:high");
  await page.getByRole("button", { name: "Place a hold" }).click();
  await expect(page.getByText(/severty/).first()).toBeVisible();
  // What was refused is told in the console too.
  expect(errors.splice(0)).toEqual([expect.stringContaining("400")]);
  await page.getByLabel("Only what this query finds").fill("component:sshd");
  await page.getByRole("button", { name: "Place a hold" }).click();
  const row = page.getByRole("row").filter({ hasText: reason });
  await expect(row).toContainText("component:sshd");
  await expect(row).toContainText("until it is lifted");
  await expectAccessible(page);
  await row.getByRole("button", { name: "Lift" }).click();
  await expect(row).toContainText(/lifted .* by ada@acme\.example/);
  await page.goto("/o/acme/audit?action=LEGAL_HOLD_LIFTED");
  await expect(page.getByRole("table").getByText("LEGAL_HOLD_LIFTED").first()).toBeVisible();
  expect(errors).toEqual([]);
});

test("a viewer does not see the page of retention", async ({ page }) => {
  await signIn(page, viewer);
  await page.goto("/o/acme/settings/permissions");
  await expect(page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Retention" })).toHaveCount(0);
});
