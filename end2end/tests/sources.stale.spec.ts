// Two people who have the same source open; with scripts, where the page also hears what the other does while something is typed.
import { expect, test, type Page } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

const open = async (page: Page, name: string) => {
  await page.goto("/o/acme/sources");
  await page.getByRole("table", { name: "Sources" }).getByRole("link", { name, exact: true }).click();
  return page.getByRole("complementary", { name });
};

test("what two people change of a source is put together, or told field by field", async ({ page, browser }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  const name = `two people ${Date.now()}`;
  await page.goto("/o/acme/sources?source=new");
  const added = page.getByRole("complementary", { name: "New source" });
  await added.getByLabel("Name").fill(name);
  await added.getByRole("button", { name: "Add source" }).click();
  await expect(page.getByText("Source saved")).toBeVisible();

  const context = await browser.newContext();
  const other = await context.newPage();
  await signIn(other);
  const save = async (panel: ReturnType<Page["getByRole"]>, of: Page) => {
    await panel.getByRole("button", { name: "Save" }).click();
    await expect(of.getByText(/^Source saved/)).toBeVisible();
  };

  // Each another field: both are kept, and that is said.
  let mine = await open(page, name);
  await mine.getByLabel("Protocol").fill("syslog");
  let theirs = await open(other, name);
  await theirs.getByLabel("Port").fill("514");
  await save(theirs, other);
  await mine.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Source saved, with what others changed meanwhile: Port")).toBeVisible();

  // The same field: nothing is saved, and nothing lost.
  mine = await open(page, name);
  await expect(mine.getByLabel("Port")).toHaveValue("514");
  await mine.getByLabel("Protocol").fill("file");
  theirs = await open(other, name);
  await theirs.getByLabel("Protocol").fill("https");
  await save(theirs, other);
  await mine.getByRole("button", { name: "Save" }).click();
  const table = mine.getByRole("table", { name: /What you and somebody else changed/ });
  const row = table.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "Protocol" }) });
  await expect(row.getByRole("cell")).toHaveText(["syslog", "https", "file"]);
  await expect(mine.getByLabel("Protocol")).toHaveValue("file");
  await expectAccessible(page);

  // Sent again it overwrites.
  await save(mine, page);
  theirs = await open(other, name);
  await expect(theirs.getByLabel("Protocol")).toHaveValue("file");
  await theirs.getByRole("button", { name: "Delete source" }).click();
  await expect(other.getByText("Source deleted")).toBeVisible();
  await context.close();
  // The browser itself tells of the answer 409.
  expect(errors.filter((error) => !error.includes("409"))).toEqual([]);
});
