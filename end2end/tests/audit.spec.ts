import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, viewer, watchForErrors } from "../pages/room";

test("the history of a source tells what changed, and leads to the audit log of it", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  const name = `told source ${Date.now()}`;
  await page.goto("/o/acme/sources?source=new");
  const added = page.getByRole("complementary", { name: "New source" });
  await added.getByLabel("Name").fill(name);
  await added.getByRole("button", { name: "Add source" }).click();
  const row = page.getByRole("table", { name: "Sources" }).getByRole("row").filter({ hasText: name });
  await row.getByRole("link", { name }).click();
  const panel = page.getByRole("complementary", { name });
  await panel.getByLabel("Status").selectOption("inactive");
  await panel.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("Inactive");
  await row.getByRole("link", { name }).click();
  const history = panel.getByRole("list", { name: "History" });
  await expect(history).toContainText("SOURCE_UPDATED");
  await expect(history).toContainText("inactive");
  await expect(history).toContainText("SOURCE_CREATED");
  await expectAccessible(page);
  await panel.getByRole("link", { name: "In the audit log" }).click();
  const log = page.getByRole("table", { name: /^Audit entries/ });
  await expect(log.getByRole("row")).toHaveCount(3);
  await expect(log.getByRole("row").filter({ hasText: "SOURCE_UPDATED" })).toContainText("changed: status");
  await expect(log.getByRole("row").filter({ hasText: "SOURCE_CREATED" })).toContainText(name);

  await page.goto("/o/acme/audit");
  await page.getByLabel("Search the entries").fill(name.toUpperCase());
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(log.getByRole("row")).toHaveCount(3);
  expect(errors).toEqual([]);
});

test("who may read the log sees what happened to a member, a key and an environment, and takes it away as a signed bundle", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/settings/members");
  await page.getByRole("link", { name: "History of Ada" }).first().click();
  await expect(page.getByRole("dialog", { name: /^History of/ })).toContainText("MEMBER_ADDED");
  await expectAccessible(page);
  await page.context().clearCookies();

  await signIn(page, viewer);
  await page.goto("/o/acme/settings/environments");
  await page.getByRole("link", { name: /^History of/ }).first().click();
  await expect(page.getByRole("dialog", { name: /^History of/ })).toContainText("ENVIRONMENT_CREATED");
  await page.goto("/o/acme/audit?target_type=environment");
  await page.locator("summary").filter({ hasText: "Export" }).click();
  const download = page.waitForEvent("download");
  await page.getByText("Signed bundle, with the proof of the chain").click();
  expect((await download).suggestedFilename()).toBe("audit-acme.zip");
});

test("the whole filter of the audit log stands in one line", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/audit?actor=nobody");
  const form = page.getByRole("search", { name: "Filter the audit log" });
  const first = await form.getByLabel("Search the entries").boundingBox();
  for (const button of [form.getByRole("button", { name: "Apply" }), form.getByRole("link", { name: "Clear" })]) {
    const box = await button.boundingBox();
    expect(Math.abs(box!.y + box!.height / 2 - first!.y - first!.height / 2)).toBeLessThan(8);
  }
});

test("longer texts are told line by line: a description in the history of its case, a note in its revisions", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  await page.goto("/o/acme/cases?open=new");
  const open = page.getByRole("dialog", { name: "Open a case" });
  const title = `Line by line ${Date.now()}`;
  const before = Array.from({ length: 20 }, (_, n) => `step ${n + 1}`).join("\n");
  await open.getByLabel("Title").fill(title);
  await open.getByLabel("Description").fill(before);
  await open.getByRole("button", { name: "Open the case" }).click();
  await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
  await page.getByRole("button", { name: "Edit" }).first().click();
  const edit = page.getByRole("dialog", { name: /^Edit CASE-/ });
  await edit.getByLabel("Description").fill(before.replace("step 10", "step ten"));
  await edit.getByRole("button", { name: "Save", exact: true }).click();
  await expect(edit).toBeHidden();
  await page.getByRole("link", { name: "History", exact: true }).click();
  const changed = page.getByRole("group", { name: /^description, line by line: CASE_UPDATED/ });
  await expect(changed.getByText("− step 10")).toBeVisible();
  await expect(changed.getByText("+ step ten")).toBeVisible();
  const folded = changed.getByText(/^\s*step 1\s+step 2\s/);
  await expect(folded).toBeHidden();
  await expectAccessible(page);
  await changed.getByText("6 unchanged lines").click();
  await expect(folded).toBeVisible();

  await page.getByRole("link", { name: "Timeline", exact: true }).click();
  await page.getByLabel("Write a note").fill("one\ntwo\nthree");
  await page.getByLabel("Write a note").press("Control+Enter");
  await page.getByRole("link", { name: "Change the note" }).click();
  await page.getByRole("textbox", { name: "Change the note" }).fill("one\nTWO\nthree");
  await page.getByRole("button", { name: "Save the note" }).click();
  await page.getByText("Edited, 2 revisions").click();
  const revision = page.getByRole("group", { name: "What revision 2 changed" });
  await expect(revision.getByText("− two")).toBeVisible();
  await expect(revision.getByText("+ TWO")).toBeVisible();
  await expectAccessible(page);
  expect(errors).toEqual([]);
});
