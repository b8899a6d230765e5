import { expect, test } from "@playwright/test";
import { GroupsPage } from "../pages/groups";
import { otherAdmin, signIn } from "../pages/room";

test("groups are resolved and put back without scripts", async ({ page }) => {
  await signIn(page, otherAdmin);
  const groups = new GroupsPage(page, "globex");
  await groups.open("?sort=count");
  // Not one of the first two, which are merged and unmerged beside this.
  const first = groups.table.getByRole("row").nth(4);
  const template = (await first.getByRole("link").first().textContent())!.trim();
  await first.getByRole("checkbox").check();
  await groups.bar.getByLabel("Note").fill("without scripts");
  await groups.bar.getByRole("button", { name: "Resolve" }).click();
  await expect(page.getByText("1 group resolved")).toBeVisible();
  await expect(page).toHaveURL(/sort=count/);

  await groups.view("Resolved").click();
  const resolved = groups.table.getByRole("row").filter({ hasText: template }).first();
  await expect(resolved).toContainText("resolved");
  await resolved.getByRole("link").first().click();
  const history = page.getByRole("region", { name: "History" });
  await expect(history.getByText("without scripts")).toBeVisible();
  await history.getByRole("button", { name: "Undo" }).first().click();
  await expect(page.getByRole("region", { name: "Status" }).getByRole("button", { name: "Resolve" })).toBeVisible();
  await expect(history.getByText(/put it back/)).toBeVisible();
});

test("nothing selected is told, and the list stays", async ({ page }) => {
  await signIn(page, otherAdmin);
  const groups = new GroupsPage(page, "globex");
  await groups.open();
  await groups.bar.getByRole("button", { name: "Resolve" }).click();
  await expect(page.getByText(/choose at least one group/i)).toBeVisible();
  await expect(groups.table).toBeVisible();
});
