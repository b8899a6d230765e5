import { expect, test } from "@playwright/test";
import { EventsPage } from "../pages/events";
import { signIn } from "../pages/room";

test("searching, filtering, paging and opening an event work without scripts", async ({ page }) => {
  await signIn(page);
  const events = new EventsPage(page);
  await events.open("?from=30d");
  await events.facet("Severity", "High").click();
  await expect(page).toHaveURL(/q=severity%3Ahigh/);
  await expect(events.search).toHaveValue("severity:high");
  await events.search.fill("severity:high upstream");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(events.facet("Severity", "High")).toHaveAttribute("aria-current", "true");
  await expect(events.rows.first().locator("mark").first()).toHaveText(/upstream/i);
  await events.openRow(0);
  await expect(events.panel.getByRole("link", { name: "Next" })).toBeVisible();
  await events.panel.getByRole("link", { name: "Close" }).click();
  await page.getByRole("textbox", { name: "Part of the payload" }).fill("message");
  await page.getByRole("button", { name: "Add facet" }).click();
  await expect(page.getByRole("link", { name: "Remove the facet message" })).toBeVisible();
  await events.open("?from=30d");
  await page.getByRole("navigation", { name: "Pages of events" }).getByRole("link", { name: "Older" }).click();
  await expect(page).toHaveURL(/cursor=/);
});

test("the table behind the histogram is there without scripts", async ({ page }) => {
  await signIn(page);
  await new EventsPage(page).open("?from=7d");
  await page.getByText("Data table").first().click();
  await expect(page.getByRole("table", { name: /^Events per / }).getByRole("link").first()).toBeVisible();
});

test("a query that cannot be read is corrected without scripts", async ({ page }) => {
  await signIn(page);
  const events = new EventsPage(page);
  await events.open("?from=30d");
  await events.search.fill("severity>=hihg");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("is not a severity: info, low, medium, high or critical");
  await expect(events.search).toHaveValue("severity>=hihg");
  await events.search.fill("severity>=high");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(events.rows.first().getByRole("img", { name: /High|Critical/ })).toBeVisible();
});
