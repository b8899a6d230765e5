import { expect, test } from "@playwright/test";
import { makeKey } from "../pages/groups";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test("an analyst merges a case from its page and several from the list, and takes them apart again", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "case.write");
  const name = `merge${Date.now()}`;
  const open = async (title: string): Promise<number> => {
    const data = { title: `${name} ${title}`, tags: [title] };
    const made = await request.post("/api/v1/cases", { headers: { authorization: `Bearer ${key}` }, data });
    expect(made.status()).toBe(201);
    return ((await made.json()) as { number: number }).number;
  };
  const [first, second, third] = [await open("one"), await open("two"), await open("three")];
  const errors = watchForErrors(page);

  await page.goto(`/o/acme/cases/${second}`);
  await page.getByRole("button", { name: "Merge", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: `Merge CASE-${second}` });
  await dialog.getByLabel("Into which case?").fill("CASE-999999");
  await dialog.getByLabel("Why").fill("the same mail");
  await dialog.getByRole("button", { name: "Merge the case" }).click();
  await expect(dialog.getByText("there is no such case")).toBeVisible();
  await expect(dialog.getByLabel("Why")).toHaveValue("the same mail");
  await dialog.getByLabel("Into which case?").fill(`case-${first}`);
  await dialog.getByRole("button", { name: "Merge the case" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `${name} one` })).toBeVisible();
  const facts = page.getByRole("complementary", { name: "Facts" });
  await expect(facts.getByText("the same mail")).toBeVisible();
  await expect(page.getByText(`merged CASE-${second} into it`)).toBeVisible();
  await expectAccessible(page);

  await facts.getByRole("link", { name: new RegExp(`CASE-${second} `) }).click();
  await expect(page.getByText(`Merged into CASE-${first}`).first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Edit", exact: true })).toHaveCount(0);
  await expectAccessible(page);
  await page.getByRole("button", { name: `Take CASE-${second} out again` }).click();
  await expect(page.getByRole("button", { name: "Edit", exact: true })).toBeVisible();

  await page.goto(`/o/acme/cases?show=all&q=${name}&sort=number`);
  const table = page.getByRole("table", { name: "Cases" });
  const bar = page.getByRole("toolbar", { name: "Selected rows" });
  await table.getByRole("checkbox", { name: "Select all rows shown" }).check();
  await bar.getByLabel("Reason or note").fill("one campaign");
  await bar.getByText("Merge", { exact: true }).click();
  await bar.getByLabel("Into which case").fill(`CASE-${first}`);
  await bar.getByRole("button", { name: "Merge into it" }).click();
  const status = page.getByRole("status");
  await expect(status.getByText("2 cases merged")).toBeVisible();
  await expect(table.getByRole("row")).toHaveCount(2);
  await expect(table).toContainText("with 2 other cases");
  await page.getByRole("navigation", { name: "Merged cases" }).getByRole("link", { name: "Only these" }).click();
  await expect(table.getByRole("row", { name: new RegExp(`CASE-${third} `) })).toContainText(`in CASE-${first}`);
  await expectAccessible(page);
  await page.getByRole("navigation", { name: "Merged cases" }).getByRole("link", { name: "Hidden" }).click();
  await table.getByRole("checkbox", { name: `Select CASE-${first} ` }).check();
  expect(errors.filter((error) => !error.includes("400"))).toEqual([]);
});
