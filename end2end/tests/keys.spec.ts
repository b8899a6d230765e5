import { expect, test } from "@playwright/test";
import { otherAdmin, signIn } from "../pages/room";

// The keys are a script of their own: they work where WASM does not come.
test("keys work while WASM is blocked", async ({ page }) => {
  await page.route("**/*.wasm", (route) => route.abort());
  await signIn(page, otherAdmin);
  await page.goto("/o/globex/events?view=all");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await expect(page.locator("[data-row]").nth(1)).toBeFocused();
  await page.keyboard.press("/");
  await expect(page.locator("[data-search]:visible").last()).toBeFocused();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("g");
  await expect(page).toHaveURL(/\/o\/globex\/groups/);
  const palette = page.getByRole("dialog", { name: "Command palette" });
  // The script of the new page may still be on its way.
  await page.waitForLoadState();
  await page.keyboard.press("Control+k");
  await expect(palette).toBeVisible();
  await palette.getByRole("combobox").fill("cas");
  await expect(palette.getByRole("option", { name: "Cases" }).first()).toBeVisible();
  await expect(palette.getByRole("option", { name: "Groups" })).toBeHidden();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/o\/globex\/cases/);
});

test("a dialog that asks something begins in its first field, and gives the focus back", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/settings/environments");
  const add = page.getByRole("button", { name: "Add an environment" });
  await add.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Add an environment" });
  await expect(dialog.getByLabel("Name", { exact: true })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(add).toBeFocused();
});
