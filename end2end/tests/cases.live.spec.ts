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
  // And again: what was typed is still known as typed after the first time.
  for (const words of ["Once more.", "And a third time."]) {
    await ben.getByLabel("Write a note").fill(words);
    await ben.getByLabel("Write a note").press("Control+Enter");
    await expect(page.locator("ol.timeline").getByText(words)).toBeVisible();
    await expect(writing).toHaveValue("Half a sentence");
    await expect(writing).toBeFocused();
    expect(await writing.evaluate((area: HTMLTextAreaElement) => area.selectionStart)).toBe(0);
  }
  expect(await same.evaluate((node) => node.isConnected), "what did not change is the same element").toBe(true);
  await expectAccessible(page);

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
  // What others do is told where it is heard: in the dialog.
  await expect(mine.getByRole("status")).toContainText("changed the case");
  await expectAccessible(page);
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
  // A second change of theirs takes nothing away, and the form still says what it was made from.
  const made = await mine.locator("input[name='version']").inputValue();
  theirs = await edit(ben);
  await theirs.getByLabel("Priority").selectOption("urgent");
  await save(theirs).click();
  await expect(theirs).toBeHidden();
  await expect(page.locator("aside.side")).toContainText("urgent", { ignoreCase: true });
  await expect(mine.getByLabel("Description")).toHaveValue("first line\nsecond line\nthird line\nfourth line, mine");
  await expect(mine.locator("input[name='version']")).toHaveValue(made);
  await expect(mine.getByLabel("Priority")).toHaveValue("urgent");
  await save(mine).click();
  const lines = mine.getByRole("table", { name: "Line by line" });
  await expect(lines).toContainText("first line, theirs");
  await expect(lines).toContainText("fourth line, mine");
  const together = "first line, theirs\nsecond line\nthird line\nfourth line, mine";
  await expect(mine.getByLabel("Description")).toHaveValue(together);
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: "dark" });
  await mine.getByLabel("Description").press("Control+Enter");
  await expect(mine).toBeHidden();
  await expect(ben.locator("main .markdown").first()).toContainText("fourth line, mine");
  await ben.context().close();
  expect(errors.filter((error) => !/status of (400|409)/.test(error))).toEqual([]);
});

test("whatever is typed, chosen and ticked stays however often a page is put in place anew", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  await page.goto("/o/acme/cases");
  await page.locator(":root[data-ready]").waitFor();
  /** A form as a page of that version prints it, with its options in some order. */
  const put = (version: number, options: string, radio: string) =>
    page.evaluate(
      ([version, options, radio]) => {
        const list = [...options!].map((value, n) => `<option value="${value}" ${n ? "" : "selected"}>${value}</option>`).join("");
        const radios = [..."xyz"].map((value) => `<input type="radio" name="one" value="${value}" ${value === radio ? "checked" : ""}>`).join("");
        const place = document.getElementById("trial") ?? document.body.appendChild(Object.assign(document.createElement("div"), { id: "trial" }));
        const { page } = window as unknown as { page: { put: (place: Element, html: string) => void } };
        page.put(
          place,
          `<form method="post"><input type="hidden" name="version" value="${version}"><input name="title" value="Title"><input name="other"
          value="${version}"><textarea name="text">of ${version}</textarea><input type="checkbox" name="on"><input type="checkbox" name="off"
          checked>${radios}<select name="list">${list}</select><select name="many" multiple>${list.replaceAll("selected", "")}</select></form>`,
        );
      },
      [String(version), options, radio],
    );
  const held = () =>
    page.evaluate(() => {
      const data = [...new FormData(document.querySelector<HTMLFormElement>("#trial form")!)];
      return data.map(([name, value]) => `${name}=${value as string}`).sort();
    });
  await put(1, "abc", "x");
  const trial = page.locator("#trial");
  await trial.locator("[name=title]").fill("Typed");
  await trial.locator("textarea").fill("typed");
  await trial.locator("[name=on]").check();
  await trial.locator("[name=off]").uncheck();
  await trial.locator("[value=y]").check();
  await trial.locator("[name=list]").selectOption("b");
  await trial.locator("[name=many]").selectOption(["a", "c"]);
  await trial.locator("textarea").press("Home");
  const typed = (other: number) =>
    ["list=b", "many=a", "many=c", "on=on", "one=y", `other=${other}`, "text=typed", "title=Typed", "version=1"];
  for (const [version, options, radio] of [[2, "zcba", "z"], [3, "qabc", "x"], [4, "cab", "z"]] as const) {
    await put(version, options, radio);
    expect(await held()).toEqual(typed(version));
  }
  await expect(trial.locator("textarea")).toBeFocused();
  expect(await trial.locator("textarea").evaluate((area: HTMLTextAreaElement) => area.selectionStart)).toBe(0);
  // What is not typed any more follows again.
  await trial.locator("form").evaluate((form: HTMLFormElement) => form.reset());
  await put(5, "abc", "x");
  expect(await held()).toEqual(["list=a", "off=on", "one=x", "other=5", "text=of 5", "title=Title", "version=5"]);
  expect(errors).toEqual([]);
});

test("a page that cannot be read just then is read again", async ({ page, browser }) => {
  await signIn(page);
  const address = await openCase(page, `Again ${Date.now()}`);
  const ben = await another(browser, new URL(address).origin, "mk@acme.example");
  await ben.goto(address);
  await expect(page.getByRole("list", { name: "Also here" }).getByRole("listitem")).toHaveCount(1);
  let refused = 0;
  let byItself = "";
  await page.route("**/fn/page?*", async (route) => {
    byItself = route.request().headers()["x-watchroom-by-itself"] ?? "";
    if (refused++ < 1) await route.fulfill({ status: 503, body: "" });
    else await route.continue();
  });
  await ben.getByLabel("Write a note").fill("In the end.");
  await ben.getByLabel("Write a note").press("Control+Enter");
  await expect(page.locator("ol.timeline").getByText("In the end.")).toBeVisible({ timeout: 20_000 });
  expect(refused).toBeGreaterThan(1);
  expect(byItself, "nobody asked: it keeps nobody signed in").toBe("1");
  await ben.context().close();
});

test("a form that was refused and closed does not keep the page from hearing", async ({ page, browser }) => {
  await signIn(page);
  const address = await openCase(page, `Closed ${Date.now()}`);
  const ben = await another(browser, new URL(address).origin, "mk@acme.example");
  await ben.goto(address);
  await page.getByRole("button", { name: "Edit" }).first().click();
  const mine = page.getByRole("dialog", { name: /^Edit CASE-/ });
  await mine.getByLabel("Tags").fill("x".repeat(70));
  await mine.getByRole("button", { name: "Save", exact: true }).click();
  await expect(mine).toContainText(/a tag has at most 60 characters/i);
  await page.keyboard.press("Escape");
  await expect(mine).toBeHidden();
  await ben.getByLabel("Write a note").fill("Heard all the same.");
  await ben.getByLabel("Write a note").press("Control+Enter");
  await expect(page.locator("ol.timeline").getByText("Heard all the same.")).toBeVisible();
  await ben.context().close();
});

test("a note that is looked at stays as it is while others write", async ({ page, browser }) => {
  await signIn(page);
  const address = await openCase(page, `Looked at ${Date.now()}`);
  const ben = await another(browser, new URL(address).origin, "mk@acme.example");
  await ben.goto(address);
  await page.getByLabel("Write a note").fill("- mine");
  await page.getByRole("button", { name: "Preview" }).click();
  const preview = page.getByRole("region", { name: "Preview" });
  await expect(preview.getByRole("listitem")).toHaveText("mine");
  const readAgain = page
    .waitForRequest((asked) => asked.url().includes("/fn/page"), { timeout: 6_000 })
    .then(() => true, () => false);
  await ben.getByLabel("Write a note").fill("Written meanwhile.");
  await ben.getByLabel("Write a note").press("Control+Enter");
  await expect(ben.locator("ol.timeline").getByText("Written meanwhile.")).toBeVisible();
  expect(await readAgain, "a new page would know nothing of what is looked at").toBe(false);
  await expect(preview.getByRole("listitem")).toHaveText("mine");
  await expect(page.getByLabel("Write a note")).toHaveValue("- mine");
  await page.getByRole("button", { name: "Add the note" }).click();
  await expect(page.locator("ol.timeline").getByText("mine", { exact: true })).toBeVisible();
  await expect(page.locator("ol.timeline").getByText("Written meanwhile.")).toBeVisible();
  await ben.context().close();
});

test("who signs out elsewhere hears nothing more, and a page of another organization nothing at all", async ({ page, request }) => {
  await signIn(page, admin);
  const answer = await page.request.get("/o/globex/live?about=case");
  expect(answer.status()).toBe(404);
  expect((await request.get("/o/acme/live?about=case")).status()).toBe(401);
});
