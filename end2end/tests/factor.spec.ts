import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, sre, watchForErrors } from "../pages/room";
import { totp } from "../pages/totp";

test.describe.configure({ timeout: 180_000 });

test("an organization asks for a second factor and its admin is led to set one up", async ({ page, browser }) => {
  const slug = `factor-${Date.now()}`;
  await signIn(page, sre);
  await page.goto("/organizations");
  await page.getByRole("button", { name: "New organization" }).click();
  const dialog = page.getByRole("dialog", { name: "New organization" });
  await dialog.getByLabel("Name", { exact: true }).fill(`Name of ${slug}`);
  await dialog.getByLabel("Short name").fill(slug);
  await dialog.getByLabel("E-mail of the first admin").fill(`${slug}@acme.example`);
  await dialog.getByRole("button", { name: "Create the organization" }).click();
  const made = page.getByRole("dialog", { name: `Name of ${slug}` });
  const link = ((await made.locator("code").first().textContent()) ?? "").trim();

  const other = await browser.newContext();
  const guest = await other.newPage();
  const errors = watchForErrors(guest);
  await guest.goto(link);
  await guest.getByLabel("Your name").fill("Fay Factor");
  await guest.getByLabel("Password", { exact: true }).fill("a sentence of mine");
  await guest.getByRole("button", { name: "Create the account and join" }).click();
  await expect(guest).toHaveURL(new RegExp(`/o/${slug}/overview`));

  // The account was made by a link: the platform role confirms whose address it is.
  await page.goto("/organizations");
  await expectAccessible(page);
  await page.getByRole("button", { name: `Confirm address ${slug}@acme.example` }).click();
  await expect(page.getByRole("button", { name: `Confirm address ${slug}@acme.example` })).toHaveCount(0);

  await guest.goto("/account");
  await expect(guest.getByRole("button", { name: "Set up a second factor" })).toBeVisible();
  await guest.goto(`/o/${slug}/settings/sessions`);
  expect(errors).toEqual([]);
  const asked = guest.waitForResponse((answer) => answer.request().method() === "POST");
  await guest.getByRole("button", { name: "Ask everybody for it" }).click();
  await asked;
  await guest.goto(`/o/${slug}/cases`);
  await expect(guest).toHaveURL(/\/account\?needed=second-factor/);
  await expect(guest.getByText("A second factor is needed.")).toBeVisible();
  await guest.getByLabel("Password, to set it up").fill("a sentence of mine");
  await guest.getByRole("button", { name: "Set up a second factor" }).click();
  await expect(guest.getByRole("img", { name: "QR code of the secret" })).toBeVisible();
  await expectAccessible(guest);
  const section = guest.getByRole("region", { name: "Second factor", exact: true });
  const secret = ((await section.locator("code").first().textContent()) ?? "").trim();
  await guest.getByLabel("Code of the app").fill(totp(secret));
  await guest.getByRole("button", { name: "Confirm" }).click();
  await expect(guest.getByText("Keep these recovery codes.")).toBeVisible();
  await expectAccessible(guest);
  await guest.getByRole("link", { name: "Go on to where you were going" }).click();
  await expect(guest).toHaveURL(new RegExp(`/o/${slug}/cases`));
  await expect(guest.getByRole("heading", { level: 1, name: "Cases" })).toBeVisible();
  await other.close();
});
