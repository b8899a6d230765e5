import { expect, test, type Page } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

async function key(page: Page, ...scopes: RegExp[]): Promise<string> {
  await page.goto("/o/acme/settings/api-keys");
  await page.getByRole("button", { name: "Make an API key" }).click();
  const dialog = page.getByRole("dialog", { name: "Make an API key" });
  await dialog.getByLabel("Name").fill("tried");
  for (const scope of scopes) await dialog.getByRole("checkbox", { name: scope }).check();
  await dialog.getByRole("button", { name: "Make the key" }).click();
  return (await page.getByText(/^wr_[A-Za-z0-9]+$/).first().textContent())!.trim();
}

/** The section of an operation, with its form. */
async function operation(page: Page, name: string) {
  const section = page.locator("section", { has: page.getByRole("heading", { name, exact: true }) });
  await section.getByText(`Try it: ${name}`).click();
  await expect(section.getByRole("button", { name: "Send" })).toBeVisible();
  return section;
}

test("an integrator tries operations with a key, and not with the session", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  const secret = await key(page, /case\.read/, /case\.write/);
  await page.goto("/api/docs");
  const open = await operation(page, "POST /api/v1/cases");
  const body = open.getByLabel("Body", { exact: true });
  await expect(body, "an example is there").toHaveValue(/"title"/);
  await open.getByRole("button", { name: "Send" }).click();
  const said = page.getByLabel("API key to try operations with");
  await expect(said, "the session signs nothing in here").toBeFocused();
  await expect(said).toHaveAccessibleDescription(/Paste an API key first/);

  await said.fill(secret);
  const title = `Tried ${Date.now()}`;
  await body.fill(JSON.stringify({ title }));
  const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/api/v1/cases"));
  await open.getByRole("button", { name: "Send" }).click();
  const answer = open.getByRole("region", { name: "Answer", exact: true });
  await expect(answer.getByRole("status")).toHaveText(/^201 Created · \d+ ms · /);
  expect((await (await sent).allHeaders())["cookie"], "no cookie goes along").toBeUndefined();
  await expect(answer.getByRole("region", { name: "Body of the answer" })).toContainText(`"title": "${title}"`);
  const curl = answer.getByRole("region", { name: "The same with curl" });
  await expect(curl).toContainText(title);
  await expect(curl, "what is copied into a ticket holds no key").not.toContainText(secret);
  // The whole page, of all operations, is looked at in pages.spec.ts.
  await expectAccessible(page, ".tryout[open]");

  const one = await operation(page, "GET /api/v1/cases/{id}");
  await one.getByRole("button", { name: "Send" }).click();
  await expect(one.getByLabel("id", { exact: true })).toBeFocused();
  await expect(one.getByRole("alert")).toHaveText("This is needed.");
  await one.getByLabel("id", { exact: true }).fill("../x?y");
  await one.getByRole("button", { name: "Send" }).click();
  await expect(one.getByRole("region", { name: "Answer", exact: true }).getByRole("status")).toHaveText(/^4\d\d /);
  // A refusal that was asked for is no error of the page.
  expect(errors.filter((error) => !error.includes("the server responded with a status of 4"))).toEqual([]);
});

test("a list of one value a line goes as the API takes it", async ({ page }) => {
  await signIn(page);
  const secret = await key(page, /event\.read/);
  await page.goto("/api/docs");
  await page.getByLabel("API key to try operations with").fill(secret);
  const list = await operation(page, "GET /api/v1/events");
  await list.getByLabel("severity").fill("high\ncritical");
  const asked = page.waitForRequest(/\/api\/v1\/events\?/);
  await list.getByRole("button", { name: "Send" }).click();
  expect(new URL((await asked).url()).searchParams.getAll("severity")).toEqual(["high", "critical"]);
  await expect(list.getByRole("status")).toHaveText(/^200 OK/);
});
