import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, viewer, watchForErrors } from "../pages/room";

test.describe.configure({ timeout: 120_000 });

test("a manager reads how drift went, follows a mark to its list, and takes the figures along", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page, viewer);
  await page.goto("/o/acme/drift/analytics");
  const figures = page.getByRole("group", { name: "Key figures of drift" });
  const came = Number((await figures.getByRole("link", { name: /^Came: / }).textContent())!.replace(/\D/g, ""));
  expect(came).toBeGreaterThan(10);
  await expect(figures.getByRole("link", { name: /^Mean time to resolve: [\d.]+ (min|h|d)$/ })).toBeVisible();
  for (const name of [
    "Drifts that came and that were resolved",
    "Time to resolve: mean, and within which nine of ten were",
    "Drifts that came, by severity",
    "Recommendations that were answered, and taken",
  ]) {
    await expect(page.getByRole("figure", { name })).toBeVisible();
  }
  await expect(page.getByRole("table", { name: "Causes of what came" })).toBeVisible();
  await expect(page.getByRole("table", { name: "Repositories" })).toContainText("prod / platform");
  await expectAccessible(page);

  // The table behind a chart has the same links as its marks.
  const severities = page.getByRole("figure", { name: "Drifts that came, by severity" });
  await severities.getByText("Data table").click();
  await severities.getByRole("link").last().click();
  await expect(page).toHaveURL(/\/drift\?show=all&q=/);
  await expect(page.getByRole("table", { name: "Drifts" }).getByRole("row").nth(1)).toBeVisible();
  await page.goBack();

  await page.getByLabel("Period").selectOption("7");
  await page.getByLabel("Environment", { exact: true }).selectOption("prod");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/days=7&environment=prod/);
  await expect(page.getByText(/compared with the 7 days before/)).toBeVisible();

  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "CSV" }).click();
  expect((await download).suggestedFilename()).toBe("drift-metrics-acme.csv");
  expect(errors).toEqual([]);
});

test("printed, the page has its charts with their tables and nothing that can only be clicked", async ({ page }) => {
  await signIn(page, viewer);
  await page.goto("/o/acme/drift/analytics?days=30");
  await page.emulateMedia({ media: "print" });
  const chart = page.getByRole("figure", { name: "Drifts that came and that were resolved" });
  await expect(chart.locator("svg.drawn")).toBeVisible();
  await expect(chart.getByRole("table")).toBeVisible();
  await expect(page.getByText(/\(days in UTC\)/)).toBeVisible();
  for (const gone of [page.getByRole("button", { name: "Show" }), page.getByRole("link", { name: "CSV" }), page.getByRole("navigation", { name: "Drift" })]) {
    await expect(gone).toBeHidden();
  }
});

test("the drift that the attack caused is there, with what to do about it", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/overview");
  await page.getByRole("group", { name: "Key figures" }).getByRole("link", { name: /^Open drifts: / }).click();
  await page.getByRole("table", { name: "Drifts" }).getByRole("link", { name: "aws_iam_role_policy.deploy" }).click();
  const advice = page.getByRole("region", { name: "Recommendations" });
  const revert = advice.getByRole("listitem", { name: "Put it back to the code" });
  await expect(revert).toContainText("terraform apply -target='aws_iam_role_policy.deploy'");
  await expectAccessible(page);
  await revert.getByRole("checkbox").first().check();
  await revert.getByRole("button", { name: "Keep the ticks" }).click();
  await expect(revert.getByText("done by ada@acme.example").first()).toBeVisible();
  await revert.getByRole("button", { name: "Dismiss" }).click();
  const dialog = page.getByRole("dialog", { name: "Dismiss: Put it back to the code" });
  await expect(dialog.getByLabel("Why not?")).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  // As it was, for who comes next.
  await revert.getByRole("checkbox").first().uncheck();
  await revert.getByRole("button", { name: "Keep the ticks" }).click();
  await expect(revert.getByText("done by ada@acme.example")).toHaveCount(0);

  await page.goto("/o/acme/drift/rules");
  await expect(page.getByRole("table", { name: "Rules that recommend" })).toContainText("revert-critical");
  await expectAccessible(page);
});

test("a rule is added, refused with what was typed, switched off and removed", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  await page.goto("/o/acme/drift/rules");
  await page.getByRole("link", { name: "Add a rule" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a rule" });
  const id = `late-jobs-${Date.now()}`;
  await dialog.getByLabel("Short name").fill(id);
  await dialog.getByRole("textbox", { name: "What" }).fill("Jobs wait");
  await dialog.getByLabel("Types of resources").fill("aws_sqs_*");
  await dialog.getByLabel("Properties", { exact: true }).fill("**.delay_seconds");
  await dialog.getByRole("checkbox", { name: "Changed properties" }).check();
  await dialog.getByRole("switch", { name: "In force" }).check();
  await dialog.getByLabel("Security, 0 to 1").fill("a lot");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("a number between 0 and 1")).toBeVisible();
  await expect(dialog.getByLabel("Types of resources")).toHaveValue("aws_sqs_*");
  await dialog.getByLabel("Security, 0 to 1").fill("0.9");
  await dialog.getByRole("button", { name: "Save" }).click();
  const row = page.getByRole("table", { name: "Rules that make a change matter" }).getByRole("row").filter({ hasText: id });
  await expect(row).toContainText("yours");
  await row.getByRole("link", { name: "Jobs wait" }).click();
  const one = page.getByRole("dialog", { name: "Jobs wait" });
  await expect(one.getByText("Changed by ada@acme.example")).toBeVisible();
  await one.getByRole("switch", { name: "In force" }).uncheck();
  await one.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("off");
  await row.getByRole("link", { name: "Jobs wait" }).click();
  await one.getByText("History", { exact: true }).click();
  const history = one.getByRole("list", { name: "History" });
  await expect(history.getByRole("link", { name: "DRIFT_RULE_CHANGED" })).toHaveCount(2);
  await expectAccessible(page);
  await one.getByRole("button", { name: "Remove the rule" }).click();
  await expect(row).toHaveCount(0);
  expect(errors.filter((error) => !error.includes("status of 400"))).toEqual([]);
});

test("facets narrow the list of drifts and are taken back", async ({ page }) => {
  await signIn(page, viewer);
  await page.goto("/o/acme/drift?show=all");
  const facets = page.getByRole("navigation", { name: "Filters" });
  await facets.getByRole("link", { name: /^staging/ }).click();
  await expect(page).toHaveURL(/q=environment%3Astaging/);
  const rows = page.getByRole("table", { name: "Drifts" }).getByRole("row");
  await expect(rows.filter({ hasText: "prod /" })).toHaveCount(0);
  // The other values of the field are still there to be chosen.
  await facets.getByRole("link", { name: /^prod/ }).click();
  await expect(rows.filter({ hasText: "prod /" }).first()).toBeVisible();
  await expectAccessible(page);
  await facets.getByRole("link", { name: /^staging/ }).click();
  await expect(rows.filter({ hasText: "staging /" })).toHaveCount(0);
});
