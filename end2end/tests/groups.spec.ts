import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test.beforeEach(async ({ page }) => signIn(page));

test("the list sorts by what its headers say", async ({ page }) => {
  const errors = watchForErrors(page);
  await page.goto("/o/acme/groups");
  const header = page.getByRole("columnheader", { name: "Last seen" });
  await expect(header).toHaveAttribute("aria-sort", "descending");
  await page.getByRole("link", { name: "Events", exact: true }).last().click();
  await expect(page).toHaveURL(/sort=count/);
  const counts = page.getByRole("table", { name: "Groups of events" }).locator("tbody td.num");
  await expect(header).not.toHaveAttribute("aria-sort", "descending");
  // The address changes before the rows do.
  const isSorted = async () => {
    const numbers = (await counts.allTextContents()).map((text) => Number(text.replaceAll(",", "")));
    return numbers.length > 9 && numbers.every((n, i) => i === 0 || n <= numbers[i - 1]!);
  };
  await expect.poll(isSorted).toBe(true);
  expect(errors).toEqual([]);
});

test("severity and text narrow the list, and nothing found offers a way out", async ({ page }) => {
  await page.goto("/o/acme/groups");
  await page.getByRole("navigation", { name: "Severity" }).getByRole("link", { name: "High" }).click();
  await expect(page).toHaveURL(/severity=high/);
  await page.getByRole("combobox", { name: "Search groups" }).fill("no such template anywhere");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(page).toHaveURL(/severity=high/);
  await expect(page.getByText("No group matches")).toBeVisible();
  await page.getByRole("link", { name: "Clear filters" }).click();
  await expect(page).toHaveURL(/\/groups\?view=all$/);
});

test("a group shows its template, its history and its events", async ({ page }) => {
  await page.goto("/o/acme/groups?sort=count");
  await page.getByRole("table", { name: "Groups of events" }).locator("tbody tr").first().getByRole("link").first().click();
  await expect(page).toHaveURL(/\/groups\/[0-9a-f-]{36}$/);
  await expect(page.locator(".message-text .slot").first()).toBeVisible();
  await expect(page.getByRole("img", { name: /^Events of the group per / })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Its events" }).click();
  await expect(page).toHaveURL(/\/events\?.*q=group%3A[0-9a-f-]{36}/);
  await expect(page.getByRole("table", { name: /^Events, / }).locator("tbody tr").first()).toBeVisible();
});
