import { expect, test } from "@playwright/test";
import { EventsPage } from "../pages/events";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test.beforeEach(async ({ page }) => signIn(page));

const SSHD = "?from=30d&q=component%3Asshd%20system_id%3A*";

test("any cell has a menu that narrows the list to its value", async ({ page }) => {
  const errors = watchForErrors(page);
  const events = new EventsPage(page);
  await events.open(SSHD);
  await events.ready();
  const system = events.rows.first().getByRole("cell").nth(6);
  await expect(system).toBeVisible();
  const value = (await system.innerText()).trim();
  await system.hover();
  await events.cellMenu.click();
  await expect(events.cellEntry("Include")).toBeVisible();
  await expectAccessible(page);
  await expect(events.cellItems.getByRole("button", { name: "Copy value" })).toHaveAttribute("data-copy", value);
  await events.cellEntry("Include").click();
  await expect(events.search).toHaveValue(new RegExp(`system_id:"?${value}`));
  await expect(events.cellItems).toBeHidden();
  await expect(events.rows.first()).toBeVisible();
  expect(errors).toEqual([]);
});

test("the right button opens the menu of the cell under it, and Esc closes it", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open(SSHD);
  await events.ready();
  const component = events.rows.nth(1).getByRole("cell").nth(4);
  await component.click({ button: "right" });
  await expect(events.cellItems).toContainText("Component sshd");
  await page.keyboard.press("Escape");
  await expect(events.cellItems).toBeHidden();
  await expect(events.rows.nth(1)).toBeFocused();
  await component.click({ button: "right" });
  await events.cellEntry("Count by Component").click();
  await expect(page).toHaveURL(/more=component/);
});

test("keys open the menu of a row, walk through its cells and lead to what is around", async ({ page }) => {
  const errors = watchForErrors(page);
  const events = new EventsPage(page);
  await events.open(SSHD);
  await events.ready();
  await expect(events.rows.first()).toBeVisible();
  await page.keyboard.press("j");
  await page.keyboard.press("m");
  await expect(events.cellEntry("Only its group")).toBeVisible();
  await page.keyboard.press("ArrowRight");
  await expect(events.cellItems).toContainText("Component sshd");
  await page.keyboard.press("ArrowDown");
  await expect(events.cellEntry("Include")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(events.rows.first()).toBeFocused();
  await page.keyboard.press("j");
  await expect(events.rows.nth(1)).toBeFocused();
  // What happened around it, at once.
  await page.keyboard.press("c");
  await expect(page).toHaveURL(/from=\d{4}-.*&to=\d{4}-.*&q=system_id.*&event=/);
  await expect(events.panel).toBeVisible();
  expect(errors).toEqual([]);
});

test("the panel's event has the key of what is around it", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open(SSHD);
  await events.ready();
  await events.openRow(0);
  await expect(events.panel.getByRole("link", { name: /^±5 minutes/ })).toBeVisible();
  await page.keyboard.press("c");
  await expect(page).toHaveURL(/from=\d{4}-.*&to=\d{4}-/);
});

test("the help sheet names the keys of the list", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open();
  await events.ready();
  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog", { name: "Keys" });
  await expect(sheet).toContainText("Menu of the cell");
  await expect(sheet).toContainText("Surrounding events");
});
