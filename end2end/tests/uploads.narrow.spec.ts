import { expect, test } from "@playwright/test";
import { expectAccessible, signIn } from "../pages/room";
import { oddCsv, upload } from "../pages/uploads";

test("the mapping page fits a phone", async ({ page }) => {
  await signIn(page);
  await upload(page, oddCsv(`p${Date.now()}`));
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wider).toBeLessThanOrEqual(0);
  await expectAccessible(page);
});
