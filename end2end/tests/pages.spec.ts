import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

const pages = ["overview", "events", "groups", "sources", "uploads", "audit", "settings/general", "settings/retention", "settings/members", "settings/environments", "settings/api-keys", "settings/permissions"];

for (const scheme of ["light", "dark"] as const) {
  test(`every page is accessible and free of script errors in the ${scheme} scheme`, async ({ page }) => {
    test.setTimeout(120_000);
    const errors = watchForErrors(page);
    await page.emulateMedia({ colorScheme: scheme });
    await signIn(page);
    for (const path of [...pages.map((p) => `/o/acme/${p}`), "/account", "/api/docs"]) {
      await test.step(path, async () => {
        const answer = await page.goto(path);
        expect(answer?.status()).toBe(200);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        await expectAccessible(page);
      });
    }
    expect(errors).toEqual([]);
  });
}

test("g then e goes to the events, the palette opens with Control+K", async ({ page }) => {
  await signIn(page);
  // The keys work once the WASM runs.
  await expect(async () => {
    await page.keyboard.press("g");
    await page.keyboard.press("e");
    await expect(page).toHaveURL(/\/o\/acme\/events/, { timeout: 500 });
  }).toPass();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog")).toBeVisible();
});
