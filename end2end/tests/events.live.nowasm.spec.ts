import { expect, test } from "@playwright/test";
import { EventsPage } from "../pages/events";
import { signIn } from "../pages/room";

test("without WASM a live list is a list", async ({ page }) => {
  await signIn(page);
  const events = new EventsPage(page);
  await events.open("?from=30d&live=1");
  await expect(events.rows.first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Live", exact: true })).toBeHidden();
});
