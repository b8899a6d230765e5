import { expect, test } from "@playwright/test";
import { EventsPage } from "../pages/events";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test("a list is saved as a view, changed, shared, started with, deleted and had again", async ({ page }) => {
  const errors = watchForErrors(page);
  // Another person than the other tests, whose lists would open with the view.
  await signIn(page, "noor@globex.example");
  const events = new EventsPage(page, "globex");
  await events.open("?from=30d&q=severity%3Ahigh");
  await events.ready();
  const tabs = page.getByRole("navigation", { name: "Views" });
  await expect(tabs.getByRole("link", { name: "All events" })).toHaveAttribute("aria-current", "page");

  await page.getByRole("button", { name: "Save as view" }).click();
  const save = page.getByRole("dialog", { name: "Save this list as a view" });
  await save.getByLabel("Name").fill("High ones");
  await expectAccessible(page);
  await save.getByRole("button", { name: "Save" }).click();
  const tab = tabs.getByRole("link", { name: /^High ones/ });
  await expect(tab).toHaveAttribute("aria-current", "page");
  await expect(tab).toHaveText(/[\d.]+k?$/);
  await expect(save).toBeHidden();
  await expect(page).toHaveURL(/view=[0-9a-f-]{36}/);

  // What is changed afterwards is not the view until it is saved.
  await events.facet("Severity", "Critical").click();
  await expect(events.search).toHaveValue("severity:[high, critical]");
  await page.getByRole("link", { name: "Reset" }).click();
  await expect(events.search).toHaveValue("severity:high");
  await events.facet("Severity", "Critical").click();
  await expect(events.search).toHaveValue("severity:[high, critical]");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("button", { name: "Save changes" })).toBeHidden();
  await expect(tab).toHaveAttribute("aria-current", "page");

  await page.getByRole("button", { name: "Edit view" }).click();
  const edit = page.getByRole("dialog", { name: "Edit the view" });
  await edit.getByLabel("Name").fill("Bad ones");
  await edit.getByLabel("Share it with everybody here").check();
  await edit.getByLabel("Start with it").check();
  await edit.getByRole("button", { name: "Save" }).click();
  const renamed = tabs.getByRole("link", { name: /^Bad ones/ });
  await expect(renamed).toHaveAttribute("aria-current", "page");
  await expect(edit).toBeHidden();

  // The list now opens with it: by its link, and by its address.
  await page.getByRole("navigation", { name: "Areas" }).getByRole("link", { name: "Overview" }).click();
  await expect(page.getByRole("heading", { name: "Overview", level: 1 })).toBeVisible();
  await page.getByRole("navigation", { name: "Areas" }).getByRole("link", { name: "Events" }).click();
  await expect(events.search).toHaveValue("severity:[high, critical]");
  await events.open();
  await expect(events.search).toHaveValue("severity:[high, critical]");
  await events.ready();
  await tabs.getByRole("link", { name: "All events" }).click();
  await expect(events.search).toHaveValue("");
  await expect(page).toHaveURL(/view=all/);

  await renamed.click();
  await page.getByRole("button", { name: "Edit view" }).click();
  await edit.getByRole("button", { name: "Delete the view" }).click();
  await expect(renamed).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(renamed).toHaveCount(1);
  await renamed.click();
  await page.getByRole("button", { name: "Edit view" }).click();
  await edit.getByRole("button", { name: "Delete the view" }).click();
  await expect(renamed).toHaveCount(0);
  expect(errors).toEqual([]);
});

test("columns are added, moved and taken away, and rows made compact", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  const events = new EventsPage(page);
  await events.open("?from=30d&q=component%3Asshd");
  await events.ready();
  // Boxes to choose rows stand first.
  const heads = page.getByRole("table", { name: /^Events, / }).getByRole("columnheader");
  await expect(heads).toHaveText(["", "Severity", "Time", "Message", "Component", "Service", "System", "Source"]);
  const menu = page.locator("summary", { hasText: "Columns" });
  await menu.click();
  await page.getByRole("link", { name: "Event type", exact: true }).click();
  await expect(heads.last()).toHaveText("Event type");
  await menu.click();
  await page.getByRole("link", { name: "Move Event type left" }).click();
  await expect(heads.last()).toHaveText("Source");
  // The menu stays open: one moves a column again and again.
  await page.getByRole("link", { name: "Component", exact: true }).click();
  await expect(heads).toHaveText(["", "Severity", "Time", "Message", "Service", "System", "Event type", "Source"]);
  await menu.click();
  await page.getByLabel("Part of the payload as a column").fill("payload.message");
  await page.getByLabel("Part of the payload as a column").press("Enter");
  await expect(heads.last()).toHaveText("payload.message");
  await expect(events.rows.first().getByRole("cell").last()).not.toBeEmpty();
  const usual = await events.rows.first().boundingBox();
  await page.getByRole("link", { name: "Compact rows" }).click();
  await expect(page).toHaveURL(/density=compact/);
  await expect.poll(async () => (await events.rows.first().boundingBox())?.height).toBeLessThan(usual?.height ?? 0);
  await menu.click();
  await page.getByRole("link", { name: "Usual columns and rows" }).click();
  await expect(heads).toHaveCount(8);
  expect(errors).toEqual([]);
});

test("groups have views too", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page, "noor@globex.example");
  await page.goto("/o/globex/groups?severity=high&sort=count");
  await expect(page.locator(":root[data-ready]")).toBeAttached();
  await page.getByRole("button", { name: "Save as view" }).click();
  const save = page.getByRole("dialog", { name: "Save this list as a view" });
  await save.getByLabel("Name").fill("Loud ones");
  await save.getByRole("button", { name: "Save" }).click();
  const tab = page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: /^Loud ones/ });
  await expect(tab).toHaveAttribute("aria-current", "page");
  await expect(page).toHaveURL(/severity=high&sort=count&view=[0-9a-f-]{36}/);
  await page.getByRole("button", { name: "Edit view" }).click();
  await page.getByRole("dialog", { name: "Edit the view" }).getByRole("button", { name: "Delete the view" }).click();
  await expect(tab).toHaveCount(0);
  expect(errors).toEqual([]);
});
