import { expect, test } from "@playwright/test";
import { makeKey } from "../pages/groups";
import { expectAccessible, signIn, viewer, watchForErrors } from "../pages/room";

// Two people and three axes over a list.
test.describe.configure({ timeout: 180_000 });

test("an analyst resolves several cases at once, hears of each, and takes it back; a viewer has no boxes", async ({ page, request, browser }) => {
  await signIn(page);
  const key = await makeKey(page, "case.write");
  const name = `bulk${Date.now()}`;
  const open = async (title: string): Promise<number> => {
    const made = await request.post("/api/v1/cases", { headers: { authorization: `Bearer ${key}` }, data: { title } });
    expect(made.status()).toBe(201);
    return ((await made.json()) as { number: number }).number;
  };
  const [first, second, third] = [await open(`${name} one`), await open(`${name} two`), await open(`${name} three`)];
  const act = await request.post(`/api/v1/cases/bulk`, {
    headers: { authorization: `Bearer ${key}` },
    data: { act: "resolve", resolution: "benign", reason: "a drill", filter: `q=${name}%20two` },
  });
  expect(((await act.json()) as { changed: number }).changed).toBe(1);

  const errors = watchForErrors(page);
  const address = `/o/acme/cases?show=all&q=${name}&sort=number`;
  await page.goto(address);
  const table = page.getByRole("table", { name: "Cases" });
  const bar = page.getByRole("toolbar", { name: "Selected rows" });
  await expect(table.getByRole("row")).toHaveCount(4);
  await expect(bar).toBeHidden();
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await expect(bar).toContainText("1 selected");
  await table.getByRole("checkbox", { name: "Select all rows shown" }).check();
  await expect(bar).toContainText("3 selected");
  await expectAccessible(page);

  // Without a reason nothing happens, and what was chosen stays chosen.
  await bar.getByText("Resolve").click();
  await bar.getByRole("button", { name: "False positive" }).click();
  await expect(bar.getByText("say why in a few words")).toBeVisible();
  await expect(bar).toContainText("3 selected");
  await bar.getByLabel("Reason or note").fill("The scanner of the office.");
  await bar.getByText("Resolve").click();
  await bar.getByRole("button", { name: "False positive" }).click();
  const status = page.getByRole("status");
  await expect(status.getByText(`2 cases resolved; 1 could not be: CASE-${second} is resolved already`)).toBeVisible();
  await expect(bar).toBeHidden();
  await expect(table.getByRole("row", { name: new RegExp(`CASE-${first} `) })).toContainText("Resolved · false positive");
  await status.getByRole("button", { name: "Undo" }).click();
  await expect(table.getByRole("row", { name: new RegExp(`CASE-${third} `) })).toContainText("Open");

  await table.getByRole("checkbox", { name: `Select CASE-${third} ` }).check();
  await bar.getByText("Assign").click();
  await bar.getByRole("button", { name: "Me", exact: true }).click();
  await expect(status.getByText("1 case assigned")).toBeVisible();
  await expect(table.getByRole("row", { name: new RegExp(`CASE-${third} `) })).toContainText("Ada");
  expect(errors.filter((error) => !error.includes("400"))).toEqual([]);

  const other = await browser.newContext({ baseURL: new URL(page.url()).origin });
  const reads = await other.newPage();
  await signIn(reads, viewer);
  await reads.goto(address);
  await expect(reads.getByRole("table", { name: "Cases" }).getByRole("row")).toHaveCount(4);
  await expect(reads.getByRole("checkbox")).toHaveCount(0);
  await other.close();
});
