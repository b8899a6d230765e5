import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test("a case is read beside the list, by keyboard, and the list keeps its place", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  const word = `panel${Date.now()}`;
  for (const name of ["first", "second", "third"]) {
    const opened = await page.request.post("/fn/open_case", {
      headers: { "Sec-Fetch-Site": "same-origin", accept: "application/json" },
      form: {
        organization: "acme",
        "case[title]": `${name} ${word}`,
        "case[description]": `The **${name}** one`,
        "case[priority]": "normal",
        "case[severity]": "high",
        "case[tlp]": "amber",
        "case[pap]": "amber",
      },
    });
    expect(opened.ok()).toBe(true);
  }
  await page.goto(`/o/acme/cases?show=open&q=${word}&sort=number`);
  await page.locator(":root[data-ready]").waitFor();
  const table = page.getByRole("table", { name: "Cases" });
  await expect(table.getByRole("row")).toHaveCount(4);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary");
  await expect(panel.getByText("The second one")).toBeVisible();
  await expect(page).toHaveURL(/show=open&q=panel\d+&sort=number&case=\d+$/);
  await expect(table.locator("tr[aria-current]")).toContainText("second");
  await expectAccessible(page);
  await page.keyboard.press("]");
  await expect(panel.getByText("The first one")).toBeVisible();
  await page.keyboard.press("[");
  await expect(panel.getByText("The second one")).toBeVisible();
  await page.keyboard.press("[");
  await expect(panel.getByText("The third one")).toBeVisible();
  await expect(panel.getByRole("link", { name: "Previous" })).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();
  await expect(table.locator("tr:focus")).toContainText("third");
  await table.getByText(`first ${word}`).click();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: "dark" });
  await expect(panel.getByText("The first one")).toBeVisible();
  await panel.getByRole("link", { name: "Open as a page" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `first ${word}` })).toBeVisible();
  await page.goto("/o/acme/cases?case=999999");
  await expect(panel.getByText("No such case")).toBeVisible();
  expect(errors).toEqual([]);
});
