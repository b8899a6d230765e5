// What every component looks like in every state, against the pictures in end2end/shots: one a part of the style guide, light and dark.
// `make e2e ARGS="tests/styleguide.nowasm.spec.ts --update-snapshots"` takes them again after a change that is meant; look at them.
import { expect, test } from "@playwright/test";

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test(`components look as they did, ${colorScheme}`, async ({ page }) => {
      await page.goto("/styleguide");
      await expect(page.getByRole("heading", { name: "Style guide", level: 1 })).toBeVisible();
      await page.evaluate(() => document.fonts.ready);
      await expect(page).toHaveTitle("Style guide · Watchroom");
      const parts = page.getByRole("main").locator("> section");
      expect(await parts.count()).toBeGreaterThan(10);
      for (const part of await parts.all()) {
        await expect.soft(part).toHaveScreenshot(`${await part.getAttribute("id")}-${colorScheme}.png`);
      }
      for (const [button, dialog] of [["Palette", "palette"], ["Keys", "keys"]] as const) {
        await page.getByRole("button", { name: button, exact: true }).click();
        await expect.soft(page.locator("dialog[open]")).toHaveScreenshot(`${dialog}-${colorScheme}.png`);
        await page.keyboard.press("Escape");
        await expect(page.locator("dialog[open]")).toHaveCount(0);
      }
    });
  });
}
