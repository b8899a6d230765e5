import { expect, test } from "@playwright/test";
import { otherAdmin, signIn } from "../pages/room";

test("the page to land on is chosen without scripts", async ({ page }) => {
  await signIn(page, otherAdmin);
  const choose = async (label: string) => {
    await page.goto("/account");
    const section = page.getByRole("region", { name: "Start page" });
    await section.getByLabel("Page").selectOption({ label });
    await section.getByRole("button", { name: "Save" }).click();
    await expect(section.getByLabel("Page").locator("option:checked")).toHaveText(label);
    await page.goto("/");
  };
  await choose("Cases");
  await expect(page).toHaveURL(/\/o\/globex\/cases/);
  await choose("The overview of the first organization");
  await expect(page).toHaveURL(/\/o\/globex\/overview/);
});
