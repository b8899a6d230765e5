import { expect, test } from "@playwright/test";
import { makeKey } from "../pages/groups";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test("tasks are ordered, changed and found across cases", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "case.write");
  const name = `tasks${Date.now()}`;
  const headers = { authorization: `Bearer ${key}` };
  const made = await request.post("/api/v1/cases", { headers, data: { title: name } });
  const { id, number } = (await made.json()) as { id: string; number: number };
  for (const title of [`${name} first`, `${name} second`]) {
    const added = await request.post(`/api/v1/cases/${id}/tasks`, { headers, data: { title } });
    expect(added.status()).toBe(201);
  }
  const errors = watchForErrors(page);
  await page.goto(`/o/acme/cases/${number}?tab=tasks`);
  const rows = page.getByRole("table", { name: "Tasks" }).locator("tbody").getByRole("row");
  await expect(rows.nth(0)).toContainText("first");
  await page.getByRole("button", { name: `Earlier: ${name} second` }).focus();
  await page.keyboard.press("Enter");
  await expect(rows.nth(0)).toContainText("second");
  await page.getByRole("link", { name: `Change: ${name} first` }).click();
  const dialog = page.getByRole("dialog", { name: "Change the task" });
  await dialog.getByLabel("Task", { exact: true }).fill(`${name} ask`);
  await dialog.getByLabel("Assignee").selectOption({ label: "Ada Okafor" });
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Save the task" }).click();
  await expect(rows.nth(1)).toContainText(`${name} ask`);

  await page.goto("/o/acme/cases/tasks");
  const mine = page.getByRole("table", { name: "Open tasks" }).getByRole("row", { name: new RegExp(`${name} ask`) });
  await expect(mine).toContainText(`CASE-${number}`);
  await expectAccessible(page);
  await mine.getByRole("button", { name: `Done: ${name} ask` }).click();
  await expect(mine).toHaveCount(0);
  expect(errors).toEqual([]);
});
