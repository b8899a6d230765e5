import { expect, test } from "@playwright/test";
import { makeKey } from "../pages/groups";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test("an analyst chooses the columns of the list of cases and keeps them in a view", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "case.write");
  const name = `columns${Date.now()}`;
  const made = await request.post("/api/v1/cases", { headers: { authorization: `Bearer ${key}` }, data: { title: name, tlp: "red" } });
  expect(made.status()).toBe(201);
  const errors = watchForErrors(page);
  await page.goto(`/o/acme/cases?show=all&q=${name}`);
  const table = page.getByRole("table", { name: "Cases" });
  const heads = () => table.getByRole("columnheader").allInnerTexts();
  await expect(table.getByRole("columnheader", { name: "Priority" })).toBeVisible();
  await expect(table.getByText("TLP:RED")).toHaveCount(0);

  const menu = page.getByTitle("Columns", { exact: true });
  await menu.click();
  const item = (name: string) => page.locator(".menu-item", { hasText: new RegExp(`^${name}$`) });
  await item("TLP").click();
  await expect(table.getByText("TLP:RED")).toBeVisible();
  await menu.click();
  await item("Priority").click();
  await expect(table.getByRole("columnheader", { name: "Priority" })).toHaveCount(0);
  await menu.click();
  await page.getByRole("link", { name: "Move TLP left" }).click();
  await expect(page).toHaveURL(/column=tlp&column=updated/);
  // The address changes before the page does.
  const between = async () => {
    const texts = (await heads()).map((text) => text.trim());
    return texts.indexOf("Changed") - texts.indexOf("TLP");
  };
  await expect.poll(between).toBe(1);
  // The menu stays open while columns are moved.
  await item("Compact rows").click();
  await expect(page).toHaveURL(/density=compact/);
  // What is searched for next keeps them.
  await page.getByRole("combobox", { name: "Search cases" }).fill(`${name} tlp:red`);
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(page).toHaveURL(/tlp%3Ared/);
  await expect(table.getByText("TLP:RED")).toBeVisible();
  await expectAccessible(page);
  await page.goto(`/o/acme/cases?show=all&column=tpl`);
  await expect(page.getByText(/column: 'tpl' is none of status, /)).toBeVisible();
  expect(errors).toEqual([]);
});

test("bars above the list lead to the cases that were opened in them", async ({ page }) => {
  await signIn(page);
  const errors = watchForErrors(page);
  await page.goto("/o/acme/cases?show=all");
  const figure = page.getByRole("figure", { name: /^Cases opened per / });
  await expect(figure).toBeVisible();
  await figure.getByText("Data table").click();
  await expectAccessible(page);
  const table = page.getByRole("table", { name: /^Cases opened per / });
  await table.getByRole("rowheader").getByRole("link").first().click();
  await expect(page).toHaveURL(/from=.*to=/);
  await expect(page.getByText(/^Opened from .* to before /)).toBeVisible();
  await expect(page.getByRole("table", { name: "Cases", exact: true }).getByRole("row").nth(1)).toBeVisible();
  await page.getByRole("link", { name: "Of all times" }).click();
  await expect(page).not.toHaveURL(/from=/);
  await expect(figure).toBeVisible();
  await page.goto("/o/acme/cases?show=all&from=yesterdayish");
  await expect(page.getByText(/from: not a time in RFC 3339/)).toBeVisible();
  expect(errors).toEqual([]);
});
