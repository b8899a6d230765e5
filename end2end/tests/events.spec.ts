import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { EventsPage } from "../pages/events";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test.beforeEach(async ({ page }) => signIn(page));

test("a facet writes into the query what it chooses, and follows what is typed there", async ({ page }) => {
  const errors = watchForErrors(page);
  const events = new EventsPage(page);
  await events.open("?from=30d&q=-component%3Anginx");
  await events.ready();
  await events.facet("Severity", "High").click();
  await expect(events.search).toHaveValue("-component:nginx severity:high");
  await expect(events.facet("Severity", "High")).toHaveAttribute("aria-current", "true");
  await expect(events.rows.first().getByRole("img", { name: "High" })).toBeVisible();
  await events.facet("Severity", "Critical").click();
  await expect(events.search).toHaveValue("-component:nginx severity:[high, critical]");
  await events.facet("Severity", "High", "Only").click();
  await expect(events.search).toHaveValue("-component:nginx severity:high");
  await events.facet("Severity", "High", "Exclude").click();
  await expect(events.search).toHaveValue("-component:nginx -severity:high");
  await expect(events.facet("Severity", "High")).toContainText("excluded");
  await events.search.fill("component:sshd");
  await events.search.press("Enter");
  await expect(events.facet("Component", "sshd")).toHaveAttribute("aria-current", "true");
  await events.facet("Component", "sshd").click();
  await expect(events.search).toHaveValue("");
  expect(errors).toEqual([]);
});

test("the query bar completes fields, values and paths by keyboard, and remembers what was sent", async ({ page }) => {
  const errors = watchForErrors(page);
  const events = new EventsPage(page);
  await events.open("?from=30d");
  await events.ready();
  const options = page.getByRole("listbox", { name: "Query" }).getByRole("option");
  await events.search.pressSequentially("-comp");
  await expect(options.first()).toHaveText(/^component:/);
  await page.keyboard.press("ArrowDown");
  await expect(events.search).toHaveAttribute("aria-activedescendant", "query-0");
  await page.keyboard.press("Tab");
  await expect(events.search).toHaveValue("-component:");
  // The values that were seen are offered at once.
  await expect(options.filter({ hasText: "sshd" })).toHaveText(/sshd\s*[\d,]+ events/);
  await events.search.pressSequentially("ssh");
  await expect(options.first()).toHaveText(/^sshd/);
  await expectAccessible(page);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(events.search).toHaveValue("-component:sshd ");
  await events.search.pressSequentially("payload.mess");
  await expect(options.first()).toHaveText(/^payload\.message/);
  await page.keyboard.press("Escape");
  await expect(options).toHaveCount(0);
  await events.search.fill("-component:sshd");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/q=-component/);
  await events.search.fill("");
  await events.search.click();
  await expect(options.first()).toHaveText(/-component:sshd/);
  await options.first().click();
  await expect(events.search).toHaveValue("-component:sshd");
  expect(errors).toEqual([]);
});

test("only queries that can be read are offered again, and Escape leaves the bar with what was typed", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=30d");
  await events.ready();
  const options = page.getByRole("listbox", { name: "Query" }).getByRole("option");
  await events.search.fill("component:sshd");
  await events.search.press("Enter");
  await expect(page).toHaveURL(/q=component%3Asshd/);
  // The first Escape puts away what is offered, the next leaves.
  const leave = () =>
    expect(async () => {
      await page.keyboard.press("Escape");
      await expect(events.search).not.toBeFocused({ timeout: 500 });
    }).toPass();
  // Typed and left: the text stays, nothing is sent.
  await events.search.fill("component:sshd AND (");
  await leave();
  await expect(events.search).toHaveValue("component:sshd AND (");
  await expect(page).toHaveURL(/q=component%3Asshd(&|$)/);
  // Sent: it is told what is wrong; what is typed on stays as well.
  await events.search.press("Enter");
  await expect(page.getByRole("alert")).toBeVisible();
  await events.search.press("End");
  await events.search.pressSequentially(" componnent:nginx");
  await leave();
  await expect(events.search).toHaveValue("component:sshd AND ( componnent:nginx");
  await page.keyboard.press("/");
  await expect(events.search).toBeFocused();
  await events.search.fill("");
  await expect(options.filter({ hasText: "component:sshd" })).toHaveCount(1);
  await expect(options).toHaveCount(1);
});

test("the bars are clicked down to seconds, and lead to just what they count", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=30d&q=component%3Asshd&limit=200");
  await events.ready();
  // It folds, so no role finds it.
  const table = page.locator("#events-histogram-data table");
  for (let click = 0; click < 8; click++) {
    await expect(table).toBeAttached();
    // The table behind the chart has the same links as its bars.
    const fullest = await table.evaluate((table) => {
      const sum = (row: Element) =>
        [...row.querySelectorAll("td")].slice(0, 5).reduce((n, cell) => n + Number((cell.textContent ?? "").replace(/[^0-9]/g, "")), 0);
      const rows = [...table.querySelectorAll("tbody tr")].map((row) => ({ n: sum(row), href: row.querySelector("a")?.getAttribute("href") ?? "" }));
      rows.sort((a, b) => b.n - a.n);
      return { ...rows[0], label: table.querySelector("caption")?.textContent ?? "" };
    });
    await page.goto(fullest.href);
    await events.ready();
    await expect(page.getByText(new RegExp(`^${fullest.n.toLocaleString("en")} events? · `))).toBeVisible();
    if (/per second/.test(fullest.label)) return;
  }
  throw new Error("no click led to seconds");
});

test("a part of the payload is added as a column, and the field is empty again", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=7d");
  await events.ready();
  await page.getByTitle("Columns", { exact: true }).click();
  const field = page.getByRole("textbox", { name: "Part of the payload as a column" });
  await field.fill("payload.message");
  await field.press("Enter");
  await expect(page.getByRole("columnheader", { name: "payload.message" })).toBeVisible();
  await expect(field).toHaveValue("");
});

test("what was typed and not sent is offered again", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=30d");
  await events.ready();
  await events.search.fill("half a thought");
  await events.facet("Severity", "High").click();
  await expect(events.search).toHaveValue("severity:high");
  await events.search.fill("");
  await events.search.click();
  const options = page.getByRole("listbox", { name: "Query" }).getByRole("option");
  await expect(options.first()).toHaveText(/^half a thought/);
  await options.first().click();
  await page.getByRole("search", { name: "This list" }).getByRole("button", { name: "Search" }).click();
  await expect(page).toHaveURL(/[?&]q=half/);
  expect(page.url()).not.toContain("&=");
});

test("a facet shows more values and searches in them", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=30d");
  await events.ready();
  const filters = page.getByRole("navigation", { name: "Filters" });
  await filters.getByRole("link", { name: "More values" }).first().click();
  await expect(page).toHaveURL(/more=\w+/);
  const search = filters.getByRole("searchbox");
  await search.fill("no such value");
  await search.press("Enter");
  await expect(page).toHaveURL(/within=no%20such%20value|within=no\+such\+value/);
  await expect(search).toBeVisible();
  // The link is made anew with what was found.
  await expect(async () => {
    if (page.url().includes("more=")) await filters.getByRole("link", { name: "Fewer values" }).click({ timeout: 1000 });
    await expect(page).not.toHaveURL(/more=/, { timeout: 2000 });
  }).toPass();
  await expectAccessible(page);
});

test("any part of the payload becomes a facet and narrows the list from the panel", async ({ page }) => {
  const errors = watchForErrors(page);
  const events = new EventsPage(page);
  // Whatever other tests sent last.
  await events.open("?from=7d&q=payload.message%3A*");
  await events.ready();
  await events.openRow(0);
  const leaf = events.panel.getByRole("link", { name: /^Facet for payload\.message:/ });
  await leaf.click();
  await expect(page).toHaveURL(/facet=payload\.message/);
  const filters = page.getByRole("navigation", { name: "Filters" });
  const facet = filters.getByRole("group").filter({ has: page.getByText("payload.message", { exact: true }) });
  await expect(facet.getByRole("link", { name: /^Only / }).first()).toBeAttached();
  await events.panel.getByRole("link", { name: /^Include payload\.message:/ }).click();
  await expect(events.search).toHaveValue(/payload\.message:"/);
  await expect(events.rows.first()).toBeVisible();
  await filters.getByRole("link", { name: "Remove the facet payload.message" }).click();
  await expect(page).not.toHaveURL(/facet=/);
  const part = filters.getByRole("textbox", { name: "Part of the payload" });
  await part.fill("no..path");
  await part.press("Enter");
  await expect(filters).toContainText("Cannot be read");
  expect(errors).toEqual([]);
});

test("the panel tells how common an event is and what happened around it", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=7d&q=system_id%3Aweb-1");
  await events.ready();
  await events.openRow(3);
  await expect(events.panel.getByText(/^Seen [\d,]+ times? in the hours of this range$/)).toBeVisible();
  await expect(events.panel.getByTitle(/^Seen [\d,]+ times? in the hours of this range$/).first()).toHaveText(/^×[\d,]+$/);
  const around = events.panel.getByRole("list").filter({ has: page.locator("a[aria-current=true]") });
  await expect(around.getByRole("link").nth(5)).toBeVisible();
  const id = new URL(page.url()).searchParams.get("event");
  await around.getByRole("link").first().click();
  await expect.poll(() => new URL(page.url()).searchParams.get("event")).not.toBe(id);
  await events.panel.getByRole("link", { name: /^±5 minutes on / }).click();
  await expect(page).toHaveURL(/from=\d{4}-.*&to=\d{4}-.*&q=system_id/);
  await expect(events.rows.first()).toBeVisible();
});

test("the query marks what it found and can be cleared", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=30d");
  await events.search.fill("password");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(page).toHaveURL(/q=password/);
  await expect(events.rows.first().locator("mark").first()).toHaveText(/password/i);
  await page.getByRole("link", { name: "Clear", exact: true }).click();
  await expect(page).not.toHaveURL(/[?&]q=/);
  await expect(page).toHaveURL(/from=30d/);
});

test("a row opens the panel, brackets walk through the list, Escape closes it and gives the focus back", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=7d");
  await events.ready();
  await events.openRow(1);
  await expect(page).toHaveURL(/event=/);
  await expect(events.panel.getByText("fingerprint", { exact: true })).toBeVisible();
  await expectAccessible(page);
  const first = page.url();
  await page.keyboard.press("]");
  await expect(page).not.toHaveURL(first);
  await page.keyboard.press("[");
  await expect(page).toHaveURL(first);
  // Each key counts from the row asked for last, though the panel still shows the one before.
  const id = async (row: number) => (await events.link(row).getAttribute("id"))!.replace("event-", "");
  const [second, fourth] = [await id(1), await id(3)];
  let answer = () => {};
  const held = new Promise<void>((done) => (answer = done));
  await page.route(/\/fn\/events\/get\?/, async (route) => {
    await held;
    await route.continue();
  });
  await page.keyboard.press("]");
  await page.keyboard.press("]");
  await expect(page).toHaveURL(new RegExp(`event=${fourth}`));
  await page.keyboard.press("[");
  await page.keyboard.press("[");
  await expect(page).toHaveURL(new RegExp(`event=${second}`));
  await page.keyboard.press("]");
  await page.keyboard.press("]");
  answer();
  await expect(events.panel.getByText(fourth, { exact: true })).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`event=${fourth}`));
  await page.keyboard.press("[");
  await page.keyboard.press("[");
  await expect(page).toHaveURL(first);
  await page.keyboard.press("Escape");
  await expect(events.panel).toBeHidden();
  await expect(page).not.toHaveURL(/event=/);
  await expect(events.link(1)).toBeFocused();
});

test("j, k and Enter move through the rows and open one; the slash goes to the search", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=7d");
  await events.ready();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await page.keyboard.press("j");
  await expect(events.rows.nth(1)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(events.panel).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await expect(events.search).toBeFocused();
});

test("every value of the panel leads to the list of it alone", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=7d");
  await events.openRow(0);
  await events.panel.getByRole("link", { name: /^Only severity / }).click();
  await expect(page).toHaveURL(/from=7d&q=severity%3A\w+$/);
});

test("the time header turns the order, and pages lead on and back", async ({ page }) => {
  const events = new EventsPage(page);
  // Days that are over: no other test sends events into them, and their oldest rows stay.
  const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString();
  await events.open(`?from=${day(20)}&to=${day(3)}&limit=25`);
  const first = events.link(0);
  const header = page.getByRole("columnheader", { name: "Time" });
  const pages = page.getByRole("navigation", { name: "Pages of events" });
  await expect(header).toHaveAttribute("aria-sort", "descending");
  const newest = (await first.getAttribute("id"))!;
  await page.getByRole("link", { name: "Time", exact: true }).click();
  await expect(header).toHaveAttribute("aria-sort", "ascending");
  // The header turns with the address, the rows when they have come.
  await expect(first).not.toHaveAttribute("id", newest);
  await expect(events.rows).toHaveCount(25);
  const oldest = (await first.getAttribute("id"))!;
  await pages.getByRole("link", { name: "Newer" }).click();
  await expect(page).toHaveURL(/cursor=/);
  await expect(first).not.toHaveAttribute("id", oldest);
  await pages.getByRole("link", { name: "Older" }).click();
  await expect(page).not.toHaveURL(/cursor=/);
  await expect(first).toHaveAttribute("id", oldest);
});

test("the table behind the histogram leads to a slice of time", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=7d");
  await expect(page.getByRole("img", { name: /^Events per .* by severity$/ })).toBeVisible();
  await page.getByText("Data table").first().click();
  await expect(page.getByRole("table", { name: /^Events per / }).getByRole("columnheader", { name: "Groups first seen" })).toBeVisible();
  await page.getByRole("table", { name: /^Events per / }).getByRole("link").last().click();
  await expect(page).toHaveURL(/from=\d{4}-.*&to=\d{4}-/);
  await expect(page.getByRole("heading", { name: "Events", level: 1 })).toBeVisible();
});

test("a range of one's own becomes absolute in the address", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=7d");
  await events.ready();
  await page.getByText("Last 7 days").first().click();
  await page.getByRole("button", { name: "Show this range" }).click();
  await expect(page).toHaveURL(/from=\d{4}-\d\d-\d\dT[^&]*Z&to=\d{4}-\d\d-\d\dT[^&]*Z/);
});

test("exactly the events of the list are exported", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=30d&q=severity%3Acritical");
  await events.ready();
  await expect(events.rows.first()).toBeVisible();
  const rows = await events.rows.count();
  await page.getByText("Export", { exact: true }).click();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /^NDJSON/ }).click()]);
  const text = (await readFile((await file.path())!, "utf8")).trim().split("\n");
  expect(text).toHaveLength(rows);
  for (const line of text) expect(JSON.parse(line)).toMatchObject({ severity: "critical" });
});

test("nothing found offers a way out", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=15m&q=no-such-message-anywhere");
  await expect(page.getByText("No event matches")).toBeVisible();
  await expect(page.getByRole("link", { name: "Look in all time" })).toBeVisible();
  await page.getByRole("link", { name: "Clear the query" }).click();
  await expect(page).not.toHaveURL(/[?&]q=/);
});

test("an event has a page of its own; one that is not there is not found", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=7d");
  await events.openRow(0);
  await events.panel.getByRole("link", { name: "Open as a page" }).click();
  await expect(page).toHaveURL(/\/events\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("heading", { name: "Raw payload" })).toBeVisible();
  await expectAccessible(page);
  const absent = await page.goto("/o/acme/events/01890000-0000-7000-8000-000000000000");
  expect(absent?.status()).toBe(404);
  await expect(page.getByText("Not found")).toBeVisible();
});

test("a click anywhere in a row opens its event; closing it leaves no script error", async ({ page }) => {
  const errors = watchForErrors(page);
  const events = new EventsPage(page);
  await events.open("?from=7d");
  await events.ready();
  for (const close of ["Escape", "link", "back"]) {
    await events.rows.nth(2).locator("td.time").click();
    await expect(events.panel.getByText("fingerprint", { exact: true })).toBeVisible();
    if (close === "Escape") await page.keyboard.press("Escape");
    else if (close === "link") await events.panel.getByRole("link", { name: /close/i }).click();
    else await page.goBack();
    await expect(events.panel).toBeHidden();
  }
  expect(errors).toEqual([]);
});

test("fields and words are asked in one line; what cannot be read says where and offers what could be meant", async ({ page }) => {
  const errors = watchForErrors(page);
  const events = new EventsPage(page);
  await events.open("?from=30d");
  await events.ready();
  await events.search.fill("severity>=medium -component:nginx password");
  await events.search.press("Enter");
  await expect(page).toHaveURL(/q=severity/);
  await expect(events.rows.first().locator("mark").first()).toHaveText(/password/i);
  await expect(events.rows.first().getByRole("img", { name: /Medium|High|Critical/ })).toBeVisible();

  // What follows is refused, which the browser's console tells as an error.
  expect(errors).toEqual([]);
  await events.search.fill("componnent:sshd password");
  await events.search.press("Enter");
  await expect(page.getByRole("alert")).toContainText("no field `componnent`");
  await expect(events.search).toHaveValue("componnent:sshd password");
  await expect(events.search).toHaveAttribute("aria-invalid", "true");
  await expectAccessible(page);
  await page.getByRole("link", { name: "Use component" }).click();
  await expect(events.search).toHaveValue("component:sshd password");
  await expect(events.rows.first()).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);

  await page.getByRole("button", { name: "Query syntax" }).click();
  await expect(page.getByText("values that begin so; * is any run, ? one character")).toBeVisible();
  await expectAccessible(page);
});

test("the heads sort by time and by severity, a page at a time", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=30d&limit=25");
  await events.ready();
  await page.getByRole("columnheader", { name: "Severity" }).getByRole("link").click();
  await expect(page).toHaveURL(/order=hottest/);
  await expect(page.getByRole("table", { name: "Events, the most severe first" })).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "Severity" })).toHaveAttribute("aria-sort", "descending");
  await expect(events.rows.first().getByRole("img", { name: "Critical" })).toBeVisible();
  const first = await events.link(0).getAttribute("id");
  await page.getByRole("navigation", { name: "Pages of events" }).getByRole("link", { name: "On" }).click();
  await expect(page).toHaveURL(/cursor=/);
  await expect(events.link(0)).not.toHaveAttribute("id", first ?? "");
  await page.getByRole("columnheader", { name: "Severity" }).getByRole("link").click();
  await expect(page.getByRole("table", { name: "Events, the least severe first" })).toBeVisible();
  await expect(events.rows.first().getByRole("img", { name: "Info" })).toBeVisible();
  await page.getByRole("columnheader", { name: "Time" }).getByRole("link").click();
  await expect(page.getByRole("table", { name: "Events, newest first" })).toBeVisible();
  await page.getByRole("columnheader", { name: "Time" }).getByRole("link").click();
  await expect(page.getByRole("table", { name: "Events, oldest first" })).toBeVisible();
});

test("the column above a low bar zooms as the bar does", async ({ page }) => {
  const events = new EventsPage(page);
  await events.open("?from=7d&q=component%3Asshd");
  await events.ready();
  const chart = page.locator("figure canvas").first();
  await expect(chart).toBeVisible();
  const box = (await chart.boundingBox())!;
  const before = page.url();
  // One burst makes all other bars low: near the top edge of the figure nearly every column is empty.
  await expect(async () => {
    for (const part of [0.3, 0.4, 0.5, 0.6, 0.7]) {
      if (page.url() !== before) return;
      await chart.click({ position: { x: box.width * part, y: box.height * 0.25 } });
      await page.waitForTimeout(250);
    }
    expect(page.url()).not.toBe(before);
  }).toPass();
  const { searchParams } = new URL(page.url());
  const length = Date.parse(searchParams.get("to")!) - Date.parse(searchParams.get("from")!);
  expect(length, "one column of seven days").toBeLessThanOrEqual(6 * 3_600_000);
  expect(length).toBeGreaterThan(0);
  await expect(events.search).toHaveValue("component:sshd");
});
