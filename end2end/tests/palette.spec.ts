import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test("the palette offers the case whose number is typed, and only one that is there", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  await page.goto("/o/acme/overview");
  await page.locator(":root[data-ready]").waitFor();
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog", { name: "Command palette" });
  const input = palette.getByRole("combobox", { name: "Search or jump to" });
  for (const text of ["CASE-2", "#2", "2"]) {
    await input.fill(text);
    const first = palette.getByRole("option").first();
    await expect(first).toHaveText(/^CASE-2 \S/);
    await expect(first).toHaveAttribute("aria-selected", "true");
    await input.fill("");
    await expect(palette.getByRole("option", { name: /^CASE-2 / })).toHaveCount(0);
  }
  await input.fill("case-999999");
  await expect(palette.getByText("Nothing by that name.")).toBeVisible();
  await input.fill("case-2");
  await expect(palette.getByRole("option", { name: /^CASE-2 / })).toBeVisible();
  await expectAccessible(page, "#command-palette");
  await input.press("Enter");
  await expect(page).toHaveURL(/\/o\/acme\/cases\/2$/);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  // What was there before is there still.
  await page.keyboard.press("Control+k");
  await input.fill("audit");
  await expect(palette.getByRole("option", { name: /Audit/ })).toBeVisible();
  expect(errors).toEqual([]);
});
