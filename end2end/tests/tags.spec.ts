import { expect, test, type Page } from "@playwright/test";
import { expectAccessible, otherAdmin, signIn, viewer, watchForErrors } from "../pages/room";

const tags = "/o/globex/settings/tags";

/** The row of a tag. */
const row = (page: Page, name: string) =>
  page.getByRole("table", { name: "Tags" }).getByRole("row").filter({ has: page.getByRole("cell", { name, exact: true }) });

async function add(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Add a tag" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a tag" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
}

test("tags are made, renamed, merged after saying what that does, and deleted", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page, otherAdmin);
  // Two cases, one of which has both.
  for (const [title, given] of [["Lure", "e2e-phish"], ["Lure again", "e2e-phish, e2e-phishing"]] as const) {
    const made = await page.request.post("/fn/open_case", {
      headers: { "Sec-Fetch-Site": "same-origin" },
      form: { organization: "globex", "case[title]": title, "case[priority]": "normal", "case[severity]": "low", "case[tlp]": "amber", "case[pap]": "amber", "case[tags]": given },
    });
    expect(made.ok()).toBe(true);
  }
  await page.goto(tags);
  await page.locator(":root[data-ready]").waitFor();
  await expect(page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Tags" })).toHaveAttribute("aria-current", "page");
  await expectAccessible(page);

  await add(page, "e2e,draft");
  const adding = page.getByRole("dialog", { name: "Add a tag" });
  await expect(adding.getByText(/no comma and no line break/)).toBeVisible();
  await expect(adding.getByLabel("Name")).toHaveValue("e2e,draft");
  await adding.getByLabel("Name").fill("E2E-PHISH");
  await adding.getByRole("button", { name: "Add", exact: true }).click();
  await expect(adding.getByText(/There is a tag called that/)).toBeVisible();
  await adding.getByLabel("Name").fill("e2e-draft");
  await adding.getByLabel("Name").press("Enter");
  await expect(page.getByText("Tag e2e-draft added")).toBeVisible();
  await expect(row(page, "e2e-draft").getByRole("link", { name: "0 cases tagged e2e-draft" })).toBeVisible();

  await row(page, "e2e-draft").getByRole("link", { name: "Change" }).click();
  const draft = page.getByRole("dialog", { name: "e2e-draft" });
  await draft.getByLabel("Name").fill("e2e-phish");
  await draft.getByRole("button", { name: "Rename" }).click();
  await expect(draft.getByText(/merge them instead/)).toBeVisible();
  await draft.getByLabel("Name").fill("E2E-Final");
  await draft.getByRole("button", { name: "Rename" }).click();
  await expect(row(page, "E2E-Final")).toBeVisible();

  await row(page, "e2e-phish").getByRole("link", { name: "Change" }).click();
  const phish = page.getByRole("dialog", { name: "e2e-phish" });
  await phish.getByLabel("The tag that stays").selectOption({ label: "e2e-phishing (1 case)" });
  await phish.getByRole("button", { name: "See what it does" }).click();
  await expect(phish.getByText("2 cases have “e2e-phish”; 1 of them “e2e-phishing” as well.")).toBeVisible();
  await expectAccessible(page);
  await phish.getByRole("button", { name: "Merge e2e-phish into e2e-phishing" }).click();
  await expect(page.getByText("Tags merged in 2 cases")).toBeVisible();
  await expect(row(page, "e2e-phish")).toHaveCount(0);
  await row(page, "e2e-phishing").getByRole("link", { name: "2 cases tagged e2e-phishing" }).click();
  await expect(page.getByRole("table", { name: "Cases" }).getByRole("row")).toHaveCount(3);

  // What has the most cases first; the other way round after that.
  await page.goto(tags);
  await page.locator(":root[data-ready]").waitFor();
  await page.getByRole("columnheader", { name: "Cases" }).getByRole("link").click();
  await expect(page.getByRole("columnheader", { name: "Cases" })).toHaveAttribute("aria-sort", "descending");
  await expect(page).toHaveURL(/sort=cases$/);

  for (const [name, words] of [["E2E-Final", /No case has it/], ["e2e-phishing", /taken off 2 cases/]] as const) {
    await row(page, name).getByRole("link", { name: "Change" }).click();
    await page.getByRole("dialog", { name }).getByRole("link", { name: "Delete…" }).click();
    const ask = page.getByRole("dialog", { name: `Delete ${name}?` });
    await expect(ask.getByText(words)).toBeVisible();
    await expectAccessible(page);
    await ask.getByRole("button", { name: "Delete for good" }).click();
    await expect(row(page, name)).toHaveCount(0);
  }
  expect(errors.filter((error) => !/400|409/.test(error))).toEqual([]);
});

test("whoever only reads sees tags and can change none", async ({ page }) => {
  await signIn(page, viewer);
  await page.goto("/o/acme/settings/tags");
  await expect(page.getByRole("table", { name: "Tags" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Add a tag" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Change" })).toHaveCount(0);
  await expectAccessible(page);
});
