import { expect, test } from "@playwright/test";
import { signIn, viewer } from "../pages/room";

test("an admin gives cases a field and a template; a case of it is resolved once the field is filled in, without scripts", async ({ page, browser }) => {
  await signIn(page);
  const name = `f${Date.now()}`;
  const opens = page.getByRole("dialog");
  const settings = "/o/acme/settings/cases";

  // A choice without choices is refused at its field, and what was typed stays.
  await page.goto(settings);
  await page.getByRole("button", { name: "Add a field" }).click();
  await opens.getByLabel("Holds").selectOption("choice");
  await opens.getByLabel("Name").fill(`Unit ${name}`);
  await opens.getByLabel("Wanted before a case is resolved").check();
  await opens.getByRole("button", { name: "Add", exact: true }).click();
  await expect(opens.getByText("write 1 to 100 choices, one a line")).toBeVisible();
  await expect(opens.getByLabel("Name")).toHaveValue(`Unit ${name}`);
  await opens.getByLabel("Choices").fill("Finance\nSales");
  await opens.getByRole("button", { name: "Add", exact: true }).click();
  const fields = page.getByRole("table", { name: "Fields of cases" });
  await expect(fields.getByRole("row", { name: new RegExp(`Unit ${name}`) })).toContainText("Finance, Sales");

  await page.goto(settings);
  await page.getByRole("button", { name: "Add a template" }).click();
  await opens.getByLabel("Name").fill(`Phishing ${name}`);
  await opens.getByLabel("Severity").selectOption("critical");
  await opens.getByLabel("Tasks").fill("Ask the user | 4h\nBlock the sender");
  await opens.getByLabel("Tags").fill("mail");
  await opens.getByRole("button", { name: "Add the template" }).click();
  await expect(page.getByRole("table", { name: "Templates of cases" }).getByRole("row", { name: new RegExp(name) })).toContainText("2 tasks");

  await page.goto("/o/acme/cases?open=new");
  await opens.getByLabel("Title").fill(`A mail ${name}`);
  await opens.getByLabel("Description").fill("Typed before.");
  await opens.getByRole("button", { name: `Phishing ${name}` }).click();
  await expect(opens.getByLabel("Severity")).toHaveValue("critical");
  await expect(opens.getByLabel("Title")).toHaveValue(`A mail ${name}`);
  await expect(opens.getByLabel("Description")).toHaveValue("Typed before.");
  await opens.getByRole("button", { name: "Open the case" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `A mail ${name}` })).toBeVisible();
  await expect(page.getByText(`took the template “Phishing ${name}”, which brought 2 tasks; tags mail`)).toBeVisible();
  await expect(page.getByRole("link", { name: /^Tasks 0\/2/ })).toBeVisible();
  await expect(page.getByRole("complementary", { name: "Facts" })).toContainText(`Unit ${name}: wanted before it is resolved`);
  const address = page.url();

  await page.getByRole("button", { name: "Resolve", exact: true }).click();
  await opens.getByLabel("Why").fill("A drill.");
  await opens.getByRole("button", { name: "Resolve the case" }).click();
  await expect(opens.getByText(`fill in first, with Edit: Unit ${name}`)).toBeVisible();
  await page.goto(address);
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await opens.getByLabel(`Unit ${name}`).selectOption("Sales");
  await opens.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("complementary", { name: "Facts" })).toContainText(`Unit ${name}: Sales`);
  await page.getByRole("button", { name: "Resolve", exact: true }).click();
  await opens.getByLabel("Why").fill("A drill.");
  await opens.getByRole("button", { name: "Resolve the case" }).click();
  await expect(page.getByRole("button", { name: "Reopen" })).toBeVisible();
  await page.goto(`/o/acme/cases?show=all&q=${encodeURIComponent(`field:"unit_${name}=sales"`)}`);
  await expect(page.getByRole("table", { name: "Cases" }).getByRole("row")).toHaveCount(2);

  // A viewer reads them and changes nothing.
  const other = await browser.newContext({ baseURL: new URL(page.url()).origin, javaScriptEnabled: false });
  const reads = await other.newPage();
  await signIn(reads, viewer);
  await reads.goto(settings);
  await expect(reads.getByRole("table", { name: "Fields of cases" })).toContainText(`Unit ${name}`);
  await expect(reads.getByRole("button", { name: "Add a field" })).toHaveCount(0);
  await other.close();

  // What other specs resolve is not to want it.
  await page.goto(settings);
  await fields.getByRole("row", { name: new RegExp(`Unit ${name}`) }).getByRole("link", { name: "Change" }).click();
  await opens.getByRole("button", { name: "Archive" }).click();
  await expect(fields.getByRole("row", { name: new RegExp(`Unit ${name}`) })).toContainText("archived");
});
