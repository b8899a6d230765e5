import { expect, test, type Locator } from "@playwright/test";
import { EventsPage } from "../pages/events";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test("an analyst opens a case from an event, works on it, resolves and reopens it; a viewer only reads", async ({ page, browser }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  const title = `Somebody guessed a password ${Date.now()}`;
  const events = new EventsPage(page, "acme");
  await events.open("?from=30d&q=%22Accepted%20password%20for%20deploy%22");
  await events.ready();
  await page.getByRole("table", { name: "Events" }).getByRole("row").nth(1).click();
  await page.getByRole("link", { name: "New case" }).click();
  const open = page.getByRole("dialog", { name: "Open a case" });
  await expect(open.getByText("It will be linked to what you came from.")).toBeVisible();
  await open.getByLabel("Title").fill(title);
  await open.getByLabel("Severity").selectOption("critical");
  await open.getByLabel("Tags").fill("ssh, Credential access, SSH");
  await open.getByLabel("Description").fill("**deploy** came in from <img src=x onerror=alert(1)>");
  await expectAccessible(page);
  await open.getByRole("button", { name: "Open the case" }).click();
  await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
  await expect(page).toHaveURL(/\/o\/acme\/cases\/\d+$/);
  const address = page.url();
  await expect(page.getByRole("complementary", { name: "Facts" }).getByRole("link", { name: "Credential access" })).toBeVisible();
  await expect(page.getByRole("main").getByText("deploy came in from <img src=x onerror=alert(1)>")).toBeVisible();
  await expect(page.locator("ol.timeline")).toContainText("linked an event");
  await expect(page.locator("ol.timeline")).toContainText("Accepted password for deploy");

  await page.getByRole("button", { name: "Investigate" }).click();
  await expect(page.locator("ol.timeline")).toContainText("began the investigation");
  await page.getByLabel("Write a note").fill("Sessions are *revoked*.");
  await page.getByLabel("Write a note").press("Control+Enter");
  await expect(page.locator("ol.timeline").getByText("Sessions are revoked.")).toBeVisible();
  await expect(page.getByLabel("Write a note")).toHaveValue("");

  const parts = page.getByRole("navigation", { name: "Parts of the case" });
  await parts.getByRole("link", { name: /^Tasks/ }).click();
  await page.getByLabel("Add a task").fill("Rotate the key of deploy");
  await page.getByRole("button", { name: "Add the task" }).click();
  await page.getByRole("button", { name: "Done: Rotate the key of deploy" }).click();
  await expect(parts.getByRole("link", { name: /^Tasks/ })).toHaveText("Tasks1/1");

  await parts.getByRole("link", { name: /^Observables/ }).click();
  await page.getByLabel("Add observables").fill("185.220.101.34, hxxp://evil[.]example/x\ndeploy");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const observables = page.getByRole("table", { name: "Observables" });
  await expect(observables.getByRole("row", { name: /URL http:\/\/evil\.example\/x/ })).toBeVisible();
  await expect(observables.getByRole("row", { name: /User deploy/ })).toBeVisible();
  await expectAccessible(page);

  // Without a reason it stays open; with one it is resolved.
  await page.keyboard.press("r");
  const resolve = page.getByRole("dialog", { name: /^Resolve CASE-/ });
  await resolve.getByLabel("What was it?").selectOption("true_positive");
  await resolve.getByLabel("Why").fill("   ");
  await resolve.getByRole("button", { name: "Resolve the case" }).click();
  await expect(resolve.getByText("Say why in a few words")).toBeVisible();
  await resolve.getByLabel("Why").fill("The key is rotated.");
  await resolve.getByRole("button", { name: "Resolve the case" }).click();
  await expect(resolve).toBeHidden();
  await expect(page.getByText("Resolved · true positive")).toBeVisible();
  await page.getByRole("button", { name: "Reopen" }).click();
  const reopen = page.getByRole("dialog", { name: /^Reopen CASE-/ });
  await reopen.getByLabel("Why").fill("It came again.");
  await reopen.getByRole("button", { name: "Reopen the case" }).click();
  await expect(page.getByRole("button", { name: "Resolve" })).toBeVisible();

  // Two people at once: nobody's words are lost.
  const other = await browser.newContext({ baseURL: new URL(address).origin });
  const second = await other.newPage();
  await signIn(second);
  await second.goto(address);
  const save = (dialog: Locator) => dialog.getByRole("button", { name: "Save", exact: true });
  await second.getByRole("button", { name: "Edit" }).click();
  const theirs = second.getByRole("dialog", { name: /^Edit CASE-/ });
  await theirs.getByLabel("Title").fill(`${title}, theirs`);
  await page.getByRole("button", { name: "Edit" }).click();
  const mine = page.getByRole("dialog", { name: /^Edit CASE-/ });
  await mine.getByLabel("Title").fill(`${title}, mine`);
  await save(mine).click();
  await expect(page.getByRole("heading", { level: 1, name: `${title}, mine` })).toBeVisible();
  await save(theirs).click();
  const differences = theirs.getByRole("table", { name: /What you and somebody else changed/ });
  await expect(differences.getByRole("row", { name: `Title ${title} ${title}, mine ${title}, theirs` })).toBeVisible();
  await save(theirs).click();
  await expect(second.getByRole("heading", { level: 1, name: `${title}, theirs` })).toBeVisible();
  await expect(page.getByRole("heading", { level: 1, name: `${title}, theirs` })).toBeVisible();

  // What is typed and put aside was made from what stood there then, whatever the page was told since.
  await page.getByRole("button", { name: "Edit" }).click();
  await mine.getByLabel("Title").fill(`${title}, put aside`);
  await page.keyboard.press("Escape");
  await second.getByRole("button", { name: "Edit" }).first().click();
  await theirs.getByLabel("Title").fill(`${title}, again`);
  await save(theirs).click();
  await expect(page.getByRole("heading", { level: 1, name: `${title}, again` })).toBeVisible();
  await page.getByRole("button", { name: "Edit" }).first().click();
  await expect(mine.getByLabel("Title")).toHaveValue(`${title}, put aside`);
  await save(mine).click();
  await expect(
    mine
      .getByRole("table", { name: /What you and somebody else changed/ })
      .getByRole("row", { name: `Title ${title}, theirs ${title}, again ${title}, put aside` }),
  ).toBeVisible();
  await page.keyboard.press("Escape");
  await other.close();

  const reader = await browser.newContext({ baseURL: new URL(address).origin });
  const viewer = await reader.newPage();
  await signIn(viewer, "vera@acme.example");
  await viewer.goto(address);
  await expect(viewer.getByRole("heading", { level: 1, name: `${title}, again` })).toBeVisible();
  await expect(viewer.getByRole("button", { name: "Resolve" })).toHaveCount(0);
  await expect(viewer.getByLabel("Write a note")).toHaveCount(0);
  const stranger = await viewer.goto(address.replace("/o/acme/", "/o/globex/"));
  expect(stranger?.status()).toBe(404);
  await reader.close();
  // What was refused on purpose is told by the browser too.
  expect(errors.filter((error) => !/status of (400|409)/.test(error))).toEqual([]);
});

test("cases are found by words, tags and tabs, by keyboard", async ({ page }) => {
  await signIn(page);
  const word = `findable${Date.now()}`;
  await page.goto("/o/acme/cases");
  await page.locator(":root[data-ready]").waitFor();
  await page.keyboard.press("n");
  const open = page.getByRole("dialog", { name: "Open a case" });
  await open.getByLabel("Title").fill(`A ${word} thing`);
  await open.getByLabel("Tags").fill("keyboard");
  await open.getByRole("button", { name: "Open the case" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `A ${word} thing` })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("c");
  await expect(page.getByRole("heading", { level: 1, name: "Cases" })).toBeVisible();
  await page.keyboard.press("/");
  await page.keyboard.type(`${word} tag:keyboard`);
  await page.keyboard.press("Enter");
  const table = page.getByRole("table", { name: "Cases" });
  await expect(table.getByRole("row")).toHaveCount(2);
  await expect(page).toHaveURL(/q=findable/);
  await expectAccessible(page);
  await page.getByRole("combobox", { name: "Search cases" }).fill("severity:");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.getByText(/At character \d+/)).toBeVisible();
});
