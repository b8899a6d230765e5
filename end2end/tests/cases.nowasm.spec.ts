import { expect, test } from "@playwright/test";
import { signIn } from "../pages/room";

test("a case is opened, worked on and resolved without scripts", async ({ page }) => {
  await signIn(page);
  const title = `Without scripts ${Date.now()}`;
  await page.goto("/o/acme/cases?open=new");
  const open = page.getByRole("dialog", { name: "Open a case" });
  await open.getByLabel("Title").fill(title);
  await open.getByRole("button", { name: "Open the case" }).click();
  await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
  await page.getByLabel("Write a note").fill("First look.");
  await page.getByRole("button", { name: "Add the note" }).click();
  await expect(page.locator("ol.timeline").getByText("First look.")).toBeVisible();
  await page.getByRole("button", { name: "Investigate" }).click();
  await expect(page.locator("ol.timeline")).toContainText("began the investigation");
  await page.getByRole("link", { name: /^Tasks/ }).click();
  await page.getByLabel("Add a task").fill("Look again");
  await page.getByRole("button", { name: "Add the task" }).click();
  await page.getByRole("button", { name: "Done: Look again" }).click();
  await expect(page.getByRole("row", { name: /Look again done/ })).toBeVisible();
});
