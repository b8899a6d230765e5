import { expect, test } from "@playwright/test";
import { expectAccessible, otherAdmin, signIn, watchForErrors } from "../pages/room";

test("an organization shows its mark in the header, and a colour that cannot be seen is refused", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page, otherAdmin);
  await page.goto("/o/globex/settings/branding");
  await page.locator(":root[data-ready]").waitFor();
  await page.getByLabel("Letters of the mark").fill("GX");
  await page.getByLabel("Colour of the mark").fill("#ffee00");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText(/Too little contrast in the light scheme/)).toBeVisible();
  await expect(page.getByLabel("Letters of the mark")).toHaveValue("GX");
  await page.getByLabel("Colour of the mark").fill("#0b7a75");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator(".top .brand-mark")).toHaveText("GX");
  await expectAccessible(page);
  await page.goto("/o/globex/overview");
  await expect(page.locator(".top .brand-mark")).toHaveText("GX");
  expect(errors.filter((error) => !error.includes("400"))).toEqual([]);
});
