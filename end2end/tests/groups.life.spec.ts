import { expect, test } from "@playwright/test";
import { GroupsPage, makeKey, send, word } from "../pages/groups";
import { expectAccessible, signIn, viewer, watchForErrors } from "../pages/room";

test("an analyst works a list down, and takes it back", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "event.write");
  const name = word();
  await send(request, key, [`${name} disk is full`, `${name} mail is late`, `${name} link is down`]);
  const errors = watchForErrors(page);
  const groups = new GroupsPage(page);
  await groups.open(`?text=${name}`);
  await groups.ready();
  await expect(groups.table.getByRole("row")).toHaveCount(4);
  await expect(groups.bar).toBeHidden();
  await expect(groups.row("disk is full")).toContainText("new");

  await groups.check("disk is full").check();
  await groups.check("mail is late").check();
  await expect(groups.bar).toContainText("2 selected");
  await groups.bar.getByLabel("Note").fill("mended in the night");
  await groups.bar.getByRole("button", { name: "Resolve" }).click();
  await expect(page.getByRole("status").getByText("2 groups resolved")).toBeVisible();
  await expect(groups.row("disk is full")).toHaveCount(0);
  await expect(groups.row("link is down")).toBeVisible();

  await groups.view("Resolved").click();
  await expect(groups.row("disk is full")).toContainText("resolved");
  await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("status").getByText("2 groups put back")).toBeVisible();
  await expectAccessible(page);
  await groups.view("Open").click();
  await expect(groups.row("disk is full")).toBeVisible();
  expect(errors).toEqual([]);
});

test("keys select, resolve and mute; all rows are selected at once", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "event.write");
  const name = word();
  await send(request, key, [`${name} fan is loud`, `${name} lamp is dark`]);
  const groups = new GroupsPage(page);
  await groups.open(`?text=${name}`);
  await groups.ready();
  await expect(groups.row("fan is loud")).toBeVisible();
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await expect(groups.bar).toContainText("1 selected");
  await page.keyboard.press("r");
  await expect(page.getByRole("status").getByText("1 group resolved")).toBeVisible();
  await expect(groups.table.getByRole("row")).toHaveCount(2);

  await page.getByRole("checkbox", { name: "Select all rows shown" }).check();
  await expect(groups.bar).toContainText("1 selected");
  await page.keyboard.press("s");
  await groups.bar.getByRole("button", { name: "10 events in an hour" }).click();
  await expect(page.getByRole("status").getByText("1 group muted")).toBeVisible();
  await groups.view("Muted").click();
  await expect(groups.table.getByRole("row")).toHaveCount(2);
  await expect(groups.table.getByTitle("until there are 10 events in 1 hour")).toBeVisible();
});

test("a resolved group regresses with its next event, and its page tells the story", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "event.write");
  const name = word();
  await send(request, key, [`${name} pump has stopped`]);
  const groups = new GroupsPage(page);
  await groups.open(`?text=${name}`);
  await groups.ready();
  await groups.row("pump has stopped").getByRole("link").first().click();
  const status = page.getByRole("region", { name: "Status" });
  await expect(status).toContainText("Nobody has it");
  await status.getByRole("button", { name: "Assign" }).or(status.locator("summary", { hasText: "Assign" })).first().click();
  await status.getByRole("button", { name: "Me", exact: true }).click();
  await expect(status).toContainText("has it");
  await expect(status).toContainText("ongoing");

  await status.getByLabel("Note").fill("a new pump is in");
  await status.getByRole("button", { name: "Resolve" }).click();
  await expect(status.getByRole("button", { name: "Reopen" })).toBeVisible();
  const history = page.getByRole("region", { name: "History" });
  await expect(history.getByText("resolved it")).toBeVisible();
  await expect(history.getByText("a new pump is in")).toBeVisible();

  await page.waitForTimeout(1100); // the next event occurs after the resolution
  await send(request, key, [`${name} pump has stopped`]);
  await page.reload();
  await expect(status).toContainText("regressed");
  await expect(history.getByText("regressed: an event occurred after it was resolved")).toBeVisible();
  await expectAccessible(page);
});

test("a mute needs a query that can be read, and says so at the field", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "event.write");
  const name = word();
  await send(request, key, [`${name} tape is slow`]);
  const groups = new GroupsPage(page);
  await groups.open(`?text=${name}`);
  await groups.ready();
  await groups.row("tape is slow").getByRole("link").first().click();
  const status = page.getByRole("region", { name: "Status" });
  await status.getByText("Mute until …").click();
  await status.getByLabel("An event matches").fill("severity:");
  await status.getByLabel("An event matches").press("Enter");
  await expect(status.getByLabel("An event matches")).toHaveAccessibleDescription(/value/i);
  await status.getByLabel("An event matches").fill("severity:critical");
  await status.getByLabel("An event matches").press("Control+Enter");
  await expect(status).toContainText("until an event matches severity:critical");
  await page.getByRole("region", { name: "History" }).getByRole("button", { name: "Undo" }).click();
  await expect(status).toContainText("new");
});

test("a viewer reads the history and is offered nothing to do", async ({ page }) => {
  await signIn(page, viewer);
  const groups = new GroupsPage(page);
  await groups.open("?status=all&sort=count");
  await expect(groups.table.getByRole("row").nth(1)).toBeVisible();
  await expect(groups.table.getByRole("checkbox")).toHaveCount(0);
  await expect(groups.bar).toHaveCount(0);
  await groups.table.getByRole("row").nth(1).getByRole("link").first().click();
  await expect(page.getByRole("region", { name: "Status" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Resolve" })).toHaveCount(0);
});

test("a long history is read a page at a time", async ({ page, request }) => {
  await signIn(page);
  const name = word();
  await send(request, await makeKey(page, "event.write"), [`${name} bell rings`]);
  const key = await makeKey(page, "group.read", "group.write");
  const headers = { Authorization: `Bearer ${key}` };
  const found = await (await request.get(`/api/v1/groups?q=${name}`, { headers })).json();
  const id: string = found.items[0].id;
  for (let step = 0; step < 53; step++) {
    const action = step % 2 ? "reopen" : "resolve";
    const answer = await request.post("/api/v1/groups/actions", { headers, data: { action, ids: [id], note: `step ${step}` } });
    expect(answer.status()).toBe(200);
  }
  await page.goto(`/o/acme/groups/${id}`);
  const history = page.getByRole("region", { name: "History" });
  await expect(history.getByRole("listitem")).toHaveCount(50);
  await expect(history.getByRole("button", { name: "Undo" })).toHaveCount(1);
  await history.getByRole("link", { name: "Older steps" }).click();
  await expect(history.getByText("step 0", { exact: true })).toBeVisible();
  await expect(history.getByRole("listitem")).toHaveCount(3);
  await expect(history.getByRole("button", { name: "Undo" })).toHaveCount(0);
  await history.getByRole("link", { name: "Newest steps" }).click();
  await expect(history.getByText("step 52", { exact: true })).toBeVisible();
});

test("c goes to the note of a group", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "event.write");
  const name = word();
  await send(request, key, [`${name} horn sounds`]);
  const groups = new GroupsPage(page);
  await groups.open(`?text=${name}`);
  await groups.ready();
  await groups.row("horn sounds").getByRole("link").first().click();
  const note = page.getByRole("textbox", { name: "Note" });
  await expect(note).toBeVisible();
  await page.keyboard.press("c");
  await expect(note).toBeFocused();
});
