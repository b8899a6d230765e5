import { expect, test } from "@playwright/test";
import { EventsPage } from "../pages/events";
import { expectAccessible, signIn } from "../pages/room";

test("on a phone the time stands under the message, facets are a sheet and the panel fills the screen", async ({ page }) => {
  await signIn(page);
  const events = new EventsPage(page);
  await events.open("?from=7d");
  await expect(events.rows.first().getByRole("time")).toBeVisible();
  await page.getByRole("button", { name: /^Filters/ }).click();
  await expect(page.getByRole("navigation", { name: "Filters" })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await events.openRow(0);
  // The panel is there before what it shows, and has no box at the moment in which that comes.
  await expect.poll(async () => (await events.panel.boundingBox())?.width).toBe(390);
  await expectAccessible(page);
  await events.panel.getByRole("link", { name: "Close" }).click();
  await expect(events.panel).toBeHidden();
});
