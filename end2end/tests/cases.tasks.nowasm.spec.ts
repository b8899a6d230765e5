import { expect, test } from "@playwright/test";
import { signIn } from "../pages/room";

test("tasks are added, ordered and changed without scripts", async ({ page }) => {
  await signIn(page);
  const name = `plaintasks${Date.now()}`;
  await page.goto("/o/acme/cases?open=new");
  const open = page.getByRole("dialog", { name: "Open a case" });
  await open.getByLabel("Title").fill(name);
  await open.getByRole("button", { name: "Open the case" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await page.getByRole("link", { name: /^Tasks/ }).click();
  for (const title of ["first", "second"]) {
    await page.getByLabel("Add a task").fill(title);
    await page.getByRole("button", { name: "Add the task" }).click();
    await expect(page.getByRole("row", { name: new RegExp(title) })).toBeVisible();
  }
  const rows = page.getByRole("table", { name: "Tasks" }).locator("tbody").getByRole("row");
  await page.getByRole("button", { name: "Later: first" }).click();
  await expect(rows.nth(0)).toContainText("second");
  await page.getByRole("link", { name: "Change: first" }).click();
  const dialog = page.getByRole("dialog", { name: "Change the task" });
  await dialog.getByLabel("Task", { exact: true }).fill("first of all");
  await dialog.getByRole("button", { name: "Save the task" }).click();
  await expect(rows.nth(1)).toContainText("first of all");
});
