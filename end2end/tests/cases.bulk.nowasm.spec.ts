import { expect, test } from "@playwright/test";
import { signIn } from "../pages/room";

test("cases are tagged at once and untagged without scripts", async ({ page }) => {
  await signIn(page);
  const name = `plain${Date.now()}`;
  for (const title of [`${name} one`, `${name} two`]) {
    await page.goto("/o/acme/cases?open=new");
    const open = page.getByRole("dialog", { name: "Open a case" });
    await open.getByLabel("Title").fill(title);
    await open.getByRole("button", { name: "Open the case" }).click();
    await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
  }
  await page.goto(`/o/acme/cases?q=${name}`);
  const table = page.getByRole("table", { name: "Cases" });
  const bar = page.getByRole("toolbar", { name: "Selected rows" });
  for (const box of await table.locator("tbody").getByRole("checkbox").all()) await box.check();
  await bar.getByText("Tag", { exact: true }).click();
  await bar.getByLabel("Tag", { exact: true }).fill("noise");
  await bar.getByRole("button", { name: "Add the tag" }).click();
  await expect(page.getByText("2 cases tagged anew")).toBeVisible();
  await expect(table.getByRole("link", { name: "noise" })).toHaveCount(2);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("2 cases put back")).toBeVisible();
  await expect(table.getByRole("link", { name: "noise" })).toHaveCount(0);
});
