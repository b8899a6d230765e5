import { expect, test } from "@playwright/test";
import { GroupsPage } from "../pages/groups";
import { otherAdmin, signIn } from "../pages/room";

test("groups are merged and unmerged without scripts", async ({ page }) => {
  await signIn(page, otherAdmin);
  const groups = new GroupsPage(page, "globex");
  await groups.open("?status=all&sort=count");
  const rows = groups.table.getByRole("row");
  await expect(rows.nth(2)).toBeVisible();
  const name = (await rows.nth(2).getByRole("link").first().textContent())!.trim();
  await rows.nth(1).getByRole("checkbox").check();
  await rows.nth(2).getByRole("checkbox").check();
  await groups.bar.getByText("Merge", { exact: true }).click();
  await groups.bar.getByRole("button", { name: "With most events" }).click();
  await expect(page.getByText("2 groups merged")).toBeVisible();

  await rows.nth(1).getByRole("link").first().click();
  await page.getByRole("navigation", { name: "Sides of the group" }).getByRole("link", { name: "Grouping" }).click();
  const members = page.getByRole("region", { name: "Merged into it" });
  await expect(members).toBeVisible();
  await members.getByRole("button", { name: "Unmerge" }).first().click();
  await expect(members).toHaveCount(0);
  await expect(page).toHaveURL(/tab=grouping/);
  await groups.open("?status=all&sort=count");
  await expect(groups.table.getByText(name).first()).toBeVisible();
});
