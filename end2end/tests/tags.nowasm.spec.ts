import { expect, test } from "@playwright/test";
import { otherAdmin, signIn } from "../pages/room";

test("a tag is added, renamed, merged and deleted without scripts", async ({ page }) => {
  await signIn(page, otherAdmin);
  const row = (name: string) =>
    page.getByRole("table", { name: "Tags" }).getByRole("row").filter({ has: page.getByRole("cell", { name, exact: true }) });
  const add = async (name: string): Promise<void> => {
    await page.goto("/o/globex/settings/tags");
    await page.getByRole("button", { name: "Add a tag" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a tag" });
    await dialog.getByLabel("Name").fill(name);
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
  };
  await add("plain-one");
  await expect(row("plain-one")).toBeVisible();
  await add("plain-two");
  await expect(row("plain-two")).toBeVisible();
  await add("PLAIN-two");
  const adding = page.getByRole("dialog", { name: "Add a tag" });
  await expect(adding.getByText(/There is a tag called that/)).toBeVisible();
  await expect(adding.getByLabel("Name")).toHaveValue("PLAIN-two");

  await page.goto("/o/globex/settings/tags");
  await row("plain-two").getByRole("link", { name: "Change" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Plain-2");
  await page.getByRole("button", { name: "Rename" }).click();
  await row("Plain-2").getByRole("link", { name: "Change" }).click();
  await page.getByLabel("The tag that stays").selectOption({ label: "plain-one (0 cases)" });
  await page.getByRole("button", { name: "See what it does" }).click();
  await expect(page.getByText("No case has “Plain-2”: it just goes.")).toBeVisible();
  await page.getByRole("button", { name: "Merge Plain-2 into plain-one" }).click();
  await expect(row("Plain-2")).toHaveCount(0);
  await row("plain-one").getByRole("link", { name: "Change" }).click();
  await page.getByRole("link", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete for good" }).click();
  await expect(row("plain-one")).toHaveCount(0);
});
