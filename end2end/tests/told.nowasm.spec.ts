import { expect, test } from "@playwright/test";
import { otherAdmin, signIn } from "../pages/room";

test("without scripts the page says once what its form did, and what can be taken back is", async ({ page }) => {
  await signIn(page, otherAdmin);
  const said = page.locator(".told").getByRole("status");
  const tags = page.getByRole("table", { name: "Tags" });
  await page.goto("/o/globex/settings/tags");
  await expect(said).toHaveCount(0);
  await page.getByRole("button", { name: "Add a tag" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a tag" });
  await dialog.getByLabel("Name").fill("told-once");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(said).toHaveText("Tag told-once added");
  await expect(said).toBeInViewport();
  await expect(page).toHaveURL(/\/settings\/tags\??$/);
  await page.reload();
  await expect(said).toHaveCount(0);
  await tags.getByRole("row").filter({ hasText: "told-once" }).getByRole("link", { name: "Change" }).click();
  await page.getByRole("link", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete for good" }).click();
  await expect(said).toHaveText("Tag deleted");

  await page.goto("/o/globex/events?from=7d&q=told");
  await page.getByRole("button", { name: "Save as view" }).click();
  const save = page.getByRole("dialog", { name: "Save this list as a view" });
  await save.getByLabel("Name").fill("Told");
  await save.getByRole("button", { name: "Save", exact: true }).click();
  await expect(said.filter({ hasText: "View saved" })).toBeVisible();
  await page.getByRole("button", { name: "Edit view" }).click();
  await page.getByRole("button", { name: "Delete the view" }).click();
  const deleted = said.filter({ hasText: "View Told deleted" });
  await deleted.getByRole("button", { name: "Undo" }).click();
  await expect(said.filter({ hasText: "Taken back" })).toBeVisible();
  await page.getByRole("button", { name: "Edit view" }).click();
  await page.getByRole("button", { name: "Delete the view" }).click();
  await expect(deleted).toBeVisible();
});
