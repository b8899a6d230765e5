import { expect, test, type Browser, type Page } from "@playwright/test";
import { admin, expectAccessible, signIn, watchForErrors } from "../pages/room";

/** Another person in another browser. */
async function another(browser: Browser, origin: string, email: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: origin });
  const page = await context.newPage();
  await signIn(page, email);
  return page;
}

async function openCase(page: Page, title: string, description = ""): Promise<string> {
  await page.goto("/o/acme/cases");
  await page.locator(":root[data-ready]").waitFor();
  await page.keyboard.press("n");
  const open = page.getByRole("dialog", { name: "Open a case" });
  await open.getByLabel("Title").fill(title);
  await open.getByLabel("Description").fill(description);
  await open.getByRole("button", { name: "Open the case" }).click();
  await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
  return page.url();
}

test("two analysts at one case see each other and what the other does, and nothing of theirs is disturbed", async ({ page, browser }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  const title = `Together ${Date.now()}`;
  const address = await openCase(page, title);
  const ben = await another(browser, new URL(address).origin, "mk@acme.example");
  await ben.goto(address);
  const here = page.getByRole("list", { name: "Also here" });
  await expect(here.getByRole("listitem")).toHaveCount(1);
  const name = (await here.getByRole("listitem").locator("span").last().textContent())!;
  await expect(ben.getByRole("list", { name: "Also here" }).getByRole("listitem")).toHaveCount(1);

  // What is typed here stays while the page is told what comes there.
  const writing = page.getByLabel("Write a note");
  await writing.fill("Half a sentence");
  await writing.press("Home");
  await expect(ben.getByRole("list", { name: "Also here" })).toContainText("writing a note");
  await expect(ben.locator("form[action='/fn/add_case_note'] .presence-note")).toContainText("is writing a note");
  const same = (await page.locator("aside.side section").first().elementHandle())!;
  await ben.getByLabel("Write a note").fill("From the other side.");
  await ben.getByLabel("Write a note").press("Control+Enter");
  await expect(page.locator("ol.timeline").getByText("From the other side.")).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: `${name} added a note` })).toBeVisible();
  await expect(writing).toHaveValue("Half a sentence");
  await expect(writing).toBeFocused();
  expect(await writing.evaluate((area: HTMLTextAreaElement) => area.selectionStart)).toBe(0);
  expect(await same.evaluate((node) => node.isConnected), "what did not change is the same element").toBe(true);
  await expectAccessible(page);
  await page.screenshot({ path: "end2end/test-results/live-case.png" });

  // A list and a board follow as well; somebody who goes is gone.
  await writing.fill("");
  await ben.goto("/o/acme/cases?show=all&sort=number");
  await expect(here).toBeHidden();
  const row = ben.getByRole("table", { name: "Cases" }).getByRole("row").filter({ hasText: title });
  await expect(row).toContainText("Open");
  await page.getByRole("button", { name: "Investigate" }).click();
  await expect(row).toContainText("Investigating");
  await ben.context().close();
  expect(errors).toEqual([]);
});

test("a save that comes too late is put together, or asks with everything beside it", async ({ page, browser }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  const title = `Merged ${Date.now()}`;
  const address = await openCase(page, title, "first line\nsecond line\nthird line\nfourth line");
  const ben = await another(browser, new URL(address).origin, "mk@acme.example");
  await ben.goto(address);
  const edit = async (of: Page) => {
    await of.getByRole("button", { name: "Edit" }).first().click();
    return of.getByRole("dialog", { name: /^Edit CASE-/ });
  };
  const save = (dialog: ReturnType<Page["getByRole"]>) => dialog.getByRole("button", { name: "Save", exact: true });

  // Different fields: nobody has to choose.
  let mine = await edit(page);
  await mine.getByLabel("Tags").fill("mine");
  let theirs = await edit(ben);
  await theirs.getByLabel("Severity").selectOption("critical");
  await save(theirs).click();
  await expect(theirs).toBeHidden();
  await expect(page.locator("aside.side")).toContainText("critical", { ignoreCase: true });
  await expect(mine.getByLabel("Tags")).toHaveValue("mine");
  await save(mine).click();
  await expect(mine).toBeHidden();
  await expect(ben.locator("aside.side")).toContainText("mine");
  await expect(page.locator("aside.side")).toContainText("critical", { ignoreCase: true });

  // The same text: both are in it, and what was the same stands beside it.
  mine = await edit(page);
  await mine.getByLabel("Description").fill("first line\nsecond line\nthird line\nfourth line, mine");
  theirs = await edit(ben);
  await theirs.getByLabel("Description").fill("first line, theirs\nsecond line\nthird line\nfourth line");
  await save(theirs).click();
  await expect(theirs).toBeHidden();
  await expect(page.locator("main .markdown").first()).toContainText("first line, theirs");
  await save(mine).click();
  const lines = mine.getByRole("table", { name: "Line by line" });
  await expect(lines).toContainText("first line, theirs");
  await expect(lines).toContainText("fourth line, mine");
  const together = "first line, theirs\nsecond line\nthird line\nfourth line, mine";
  await expect(mine.getByLabel("Description")).toHaveValue(together);
  await expectAccessible(page);
  await page.screenshot({ path: "end2end/test-results/live-merge.png" });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.screenshot({ path: "end2end/test-results/live-merge-narrow.png" });
  await mine.getByLabel("Description").press("Control+Enter");
  await expect(mine).toBeHidden();
  await expect(ben.locator("main .markdown").first()).toContainText("fourth line, mine");
  await ben.context().close();
  expect(errors.filter((error) => !/status of (400|409)/.test(error))).toEqual([]);
});

test("who signs out elsewhere hears nothing more, and a page of another organization nothing at all", async ({ page, request }) => {
  await signIn(page, admin);
  const answer = await page.request.get("/o/globex/live?about=case");
  expect(answer.status()).toBe(404);
  expect((await request.get("/o/acme/live?about=case")).status()).toBe(401);
});
