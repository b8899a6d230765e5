import { expect, test } from "@playwright/test";
import { signIn } from "../pages/room";

test("cases are merged, taken apart and merged again without scripts", async ({ page }) => {
  await signIn(page);
  const name = `plainmerge${Date.now()}`;
  const keys: string[] = [];
  for (const title of [`${name} one`, `${name} two`]) {
    await page.goto("/o/acme/cases?open=new");
    const open = page.getByRole("dialog", { name: "Open a case" });
    await open.getByLabel("Title").fill(title);
    await open.getByRole("button", { name: "Open the case" }).click();
    await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
    keys.push(page.url().split("/").pop()?.split("?")[0] ?? "");
  }
  await page.goto(`/o/acme/cases?show=all&q=${name}&sort=number`);
  const table = page.getByRole("table", { name: "Cases" });
  const bar = page.getByRole("toolbar", { name: "Selected rows" });
  for (const box of await table.locator("tbody").getByRole("checkbox").all()) await box.check();
  await bar.getByText("Merge", { exact: true }).click();
  await bar.getByLabel("Into which case").fill(keys[0] ?? "");
  await bar.getByRole("button", { name: "Merge into it" }).click();
  await expect(page.getByText("1 case merged")).toBeVisible();
  await expect(table.locator("tbody").getByRole("row")).toHaveCount(1);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("1 case taken out")).toBeVisible();
  await expect(table.locator("tbody").getByRole("row")).toHaveCount(2);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("1 case merged")).toBeVisible();
  await page.goto(`/o/acme/cases/${keys[1]}`);
  await page.getByRole("button", { name: /^Take CASE-\d+ out again$/ }).click();
  await expect(page.getByRole("link", { name: `CASE-${keys[0]}` })).toHaveCount(0);
});
