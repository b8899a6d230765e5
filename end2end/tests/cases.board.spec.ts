import { expect, test } from "@playwright/test";
import { makeKey } from "../pages/groups";
import { expectAccessible, signIn, viewer, watchForErrors } from "../pages/room";

test("cases are moved on the board by pointer, by keyboard and by their buttons; a viewer only looks", async ({ page, request, browser }) => {
  await signIn(page);
  const key = await makeKey(page, "case.write");
  const name = `board${Date.now()}`;
  const made = await request.post("/api/v1/cases", { headers: { authorization: `Bearer ${key}` }, data: { title: name, tags: [name], severity: "high" } });
  const { number } = (await made.json()) as { number: number };
  const errors = watchForErrors(page);
  await page.goto(`/o/acme/cases?show=all&q=${name}`);
  await page.getByRole("link", { name: "As a board" }).click();
  const column = (title: string) => page.getByRole("region", { name: new RegExp(`^${title} `) });
  const card = (title: string) => column(title).getByRole("listitem").filter({ hasText: `CASE-${number}` });
  await expect(card("Open")).toContainText(name);
  await expectAccessible(page);

  await card("Open").dragTo(column("Investigating"));
  await expect(card("Investigating")).toContainText("Ada");

  // By keyboard: the move asks for what it needs, and a blank reason keeps it where it is.
  await card("Investigating").getByRole("link", { name: `Resolve CASE-${number}` }).focus();
  await page.keyboard.press("Shift+ArrowRight");
  const resolve = page.getByRole("dialog", { name: `Resolve CASE-${number}` });
  await resolve.getByLabel("What was it?").selectOption("resolve:benign");
  await resolve.getByLabel("Why").fill("  ");
  await resolve.getByRole("button", { name: "Resolve the case" }).click();
  await expect(resolve.getByText("Say why in a few words")).toBeVisible();
  await expectAccessible(page);
  await resolve.getByLabel("Why").fill("A drill.");
  await resolve.getByRole("button", { name: "Resolve the case" }).click();
  await expect(card("Resolved")).toContainText("Benign");
  await expect(resolve).toBeHidden();

  // What was not told yet is asked by dragging too.
  await card("Resolved").dragTo(column("Investigating"));
  const reopen = page.getByRole("dialog", { name: `Reopen CASE-${number}` });
  await reopen.getByLabel("Why").fill("It came again.");
  await reopen.getByRole("button", { name: "Reopen the case" }).click();
  await expect(card("Investigating")).toBeVisible();
  expect(errors.filter((error) => !error.includes("400"))).toEqual([]);

  const other = await browser.newContext({ baseURL: new URL(page.url()).origin });
  const reads = await other.newPage();
  await signIn(reads, viewer);
  await reads.goto(`/o/acme/cases?layout=board&q=${name}`);
  await expect(reads.getByText(`CASE-${number}`, { exact: true })).toBeVisible();
  await expect(reads.getByRole("link", { name: /^Resolve/ })).toHaveCount(0);
  await other.close();
});
