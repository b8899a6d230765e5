import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, sre } from "../pages/room";

test("the platform's pages fit 390 pixels without sideways scrolling and are accessible", async ({ page }) => {
  await signIn(page, sre);
  for (const path of ["/organizations", "/organizations/sessions"]) {
    await test.step(path, async () => {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wider, `${path} is wider than the screen`).toBeLessThanOrEqual(0);
      await expectAccessible(page);
    });
  }
});

test("every page fits 390 pixels without sideways scrolling and is accessible", async ({ page }) => {
  test.setTimeout(120_000);
  await signIn(page);
  for (const path of ["overview", "events", "groups", "sources", "uploads", "audit", "settings/members", "settings/api-keys", "settings/tags", "settings/sessions", "settings/branding", "settings/webhooks", "settings/sign-in", "cases", "cases?layout=board", "cases/tasks", "cases/tasks?show=mentions", "drift", "drift/repositories", "drift/resources", "drift/ignores", "drift/analytics", "drift/rules"]) {
    await test.step(path, async () => {
      await page.goto(`/o/acme/${path}`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wider, `${path} is wider than the screen`).toBeLessThanOrEqual(0);
      await expectAccessible(page);
    });
  }
});

test("the bar of areas has them all in view", async ({ page }) => {
  await signIn(page);
  for (const [path, name] of [["audit", "Audit"], ["settings/general", "Settings"], ["overview", "Overview"]] as const) {
    await page.goto(`/o/acme/${path}`);
    const current = page.getByRole("navigation", { name: "Areas" }).getByRole("link", { name });
    await expect(current).toHaveAttribute("aria-current", "page");
    await expect(current).toBeInViewport({ ratio: 1 });
    for (const area of await page.getByRole("navigation", { name: "Areas" }).getByRole("link").all()) {
      if (await area.isVisible()) await expect(area).toBeInViewport({ ratio: 1 });
    }
  }
});
