import { expect, test } from "@playwright/test";
import { signIn } from "../pages/room";

test("groups are sorted, searched and opened without scripts", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/groups?sort=count");
  await page.getByRole("searchbox", { name: "Search groups" }).fill("password");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(page).toHaveURL(/sort=count/);
  await page.getByRole("table", { name: "Groups of events" }).locator("tbody tr").first().getByRole("link").first().click();
  await expect(page.getByRole("heading", { name: "Latest events" })).toBeVisible();
});

for (const [list, label] of [["groups", "Search groups"], ["cases", "Search cases"], ["drift", "Search drifts"]] as const) {
  test(`a query of ${list} that cannot be read is mended without scripts`, async ({ page }) => {
    await signIn(page);
    await page.goto(`/o/acme/${list}?view=all&q=assignee%3Anobody+severity%3Ahi`);
    const box = page.getByRole("searchbox", { name: label });
    await expect(box).toHaveValue("assignee:nobody severity:hi");
    await expect(box).toHaveAttribute("aria-invalid", "true");
    await expect(page.getByRole("alert")).toContainText("`hi` is not a severity");
    await page.getByRole("link", { name: "Use high" }).click();
    await expect(box).toHaveValue("assignee:nobody severity:high");
    await expect(box).not.toHaveAttribute("aria-invalid", "true");
  });
}
