import { expect, test } from "@playwright/test";
import { GroupsPage, makeKey, send, word } from "../pages/groups";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test("groups are merged from the bar, taken back, merged again and unmerged on the Grouping tab", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "event.write");
  const name = word();
  await send(request, key, [`${name} north door is open`, `${name} south door is open`, `${name} roof is wet`]);
  const errors = watchForErrors(page);
  const groups = new GroupsPage(page);
  await groups.open(`?text=${name}`);
  await groups.ready();
  await expect(groups.table.getByRole("row")).toHaveCount(4);
  await groups.check("north door").check();
  await groups.check("south door").check();
  await groups.bar.getByText("Merge", { exact: true }).click();
  await groups.bar.getByRole("button", { name: "With most events" }).click();
  await expect(page.getByRole("status").getByText("2 groups merged")).toBeVisible();
  await expect(groups.table.getByRole("row")).toHaveCount(3);
  await expect(groups.row("door is open")).toContainText("2");
  await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
  await expect(groups.table.getByRole("row")).toHaveCount(4);

  await groups.row("north door").getByRole("link").first().click();
  await expect(page).toHaveURL(/\/groups\/[0-9a-f-]{36}$/);
  await page.getByRole("navigation", { name: "Sides of the group" }).getByRole("link", { name: "Grouping" }).click();
  await expect(page).toHaveURL(/tab=grouping/);
  await expect(page.getByRole("link", { name: "All groups" })).toBeVisible();
  const similar = page.getByRole("region", { name: "Similar groups" });
  await similar.getByRole("listitem").filter({ hasText: "south door" }).getByRole("button", { name: "Merge into this one" }).click();
  const members = page.getByRole("region", { name: "Merged into it" });
  await expect(members.getByRole("link", { name: /south door/ })).toBeVisible();
  await expect(page.getByRole("region", { name: "Rules" }).getByText(/are read with/).first()).toBeVisible();
  await expectAccessible(page);

  // Later events follow.
  await send(request, key, [`${name} south door is open`]);
  await groups.open(`?text=${name}`);
  await expect(groups.table.getByRole("row")).toHaveCount(3);
  await expect(groups.row("north door").getByRole("link", { name: "3 events" })).toBeVisible();

  await groups.row("north door").getByRole("link").first().click();
  await page.getByRole("navigation", { name: "Sides of the group" }).getByRole("link", { name: "Grouping" }).click();
  await members.getByRole("listitem").filter({ hasText: "south door" }).getByRole("button", { name: "Unmerge" }).click();
  await expect(members).toHaveCount(0);
  await groups.open(`?text=${name}`);
  await expect(groups.row("south door").getByRole("link", { name: "2 events" })).toBeVisible();
  expect(errors).toEqual([]);
});

test("events of a slot value get a group of their own after a preview", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "event.write");
  const name = word();
  await send(request, key, [`${name} login from 192.0.2.7`, `${name} login from 192.0.2.7`, `${name} login from 192.0.2.8`]);
  const groups = new GroupsPage(page);
  await groups.open(`?text=${name}`);
  await groups.ready();
  await groups.row("login from").getByRole("link").first().click();
  const slots = page.getByRole("region", { name: "What the slots hold" });
  await expect(slots.getByRole("link", { name: /192\.0\.2\.7/ }).first()).toBeVisible();
  await expectAccessible(page);
  await slots.getByRole("link", { name: "Split off 192.0.2.7" }).click();
  const split = page.getByRole("region", { name: "Split" });
  await expect(split.getByText(/It would take 2 of its newest 3 events/)).toBeVisible();
  await split.getByRole("button", { name: "Split", exact: true }).click();
  await expect(page.getByRole("status").getByText("1 group split")).toBeVisible();
  await expect(page.getByRole("region", { name: "Rules" })).toContainText("2 events moved");
  await groups.open(`?text=${name}`);
  await expect(groups.table.getByRole("row")).toHaveCount(3);
  await expect(groups.row("login from 192.0.2.7").getByRole("link", { name: "2 events" })).toBeVisible();
});

test("all that match are resolved at once, whatever is selected", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "event.write");
  const name = word();
  await send(request, key, [`${name} pump is hot`, `${name} valve is shut`, `${name} tank is low`]);
  const groups = new GroupsPage(page);
  await groups.open(`?text=${name}`);
  await groups.ready();
  await groups.check("pump is hot").check();
  await groups.bar.getByRole("checkbox", { name: "All 3 that match" }).check();
  await groups.bar.getByRole("button", { name: "Resolve" }).click();
  await expect(page.getByRole("status").getByText("3 groups resolved")).toBeVisible();
  await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("status").getByText("3 groups put back")).toBeVisible();
  await expect(groups.table.getByRole("row")).toHaveCount(4);
});

test("the list has the chart of its recurring groups", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/groups?from=30d&status=all");
  await expect(page.getByRole("img", { name: "The groups with most events" })).toBeVisible();
  await page.getByText("Recurring in the range", { exact: true }).click();
  await expect(page.getByRole("img", { name: "The groups with most events" })).toBeHidden();
});
