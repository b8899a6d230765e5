import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, sre, watchForErrors } from "../pages/room";

// Two people and several sign-ins each.
test.describe.configure({ timeout: 180_000 });

test("a person without an account is invited by link, joins and sees the organization", async ({ page, browser }) => {
  const errors = watchForErrors(page);
  const email = `new-${Date.now()}@acme.example`;
  await signIn(page);
  await page.goto("/o/acme/settings/members");
  await page.getByRole("button", { name: "Invite a member" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite a member" });
  await dialog.getByLabel("E-mail").fill(email);
  await dialog.getByRole("button", { name: "Invite", exact: true }).click();
  const invited = page.getByRole("dialog", { name: email });
  const link = (await invited.locator("code").first().textContent()) ?? "";
  expect(link).toContain("/invitation/");
  await expect(page).toHaveTitle(/Members/);
  await expectAccessible(page);

  const other = await browser.newContext();
  const guest = await other.newPage();
  const guestErrors = watchForErrors(guest);
  await guest.goto(link.trim());
  await expect(guest.getByRole("heading", { level: 1, name: /^Join / })).toBeVisible();
  await expectAccessible(guest);
  await guest.getByLabel("Your name").fill("Nora New");
  await guest.getByLabel("Password", { exact: true }).fill("a sentence of mine");
  await guest.getByRole("button", { name: "Create the account and join" }).click();
  await expect(guest).toHaveURL(/\/o\/acme\/overview/);
  await expect(guest.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  expect(guestErrors).toEqual([]);

  const again = await guest.goto(link.trim());
  expect(again?.status()).toBe(410);
  await expect(guest.getByRole("heading", { level: 1, name: "This link was used" })).toBeVisible();
  await other.close();
  await page.goto("/o/acme/settings/members");
  await expect(page.getByRole("row", { name: /Nora New/ })).not.toContainText("invited");
  expect(errors).toEqual([]);
});

test("a person with an account signs in and accepts; another one cannot", async ({ page, browser }) => {
  await signIn(page);
  await page.goto("/o/acme/settings/members");
  await page.getByRole("button", { name: "Invite a member" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite a member" });
  await dialog.getByLabel("E-mail").fill("noor@globex.example");
  await dialog.getByRole("button", { name: "Invite", exact: true }).click();
  const invited = page.getByRole("dialog", { name: "noor@globex.example" });
  const link = ((await invited.locator("code").first().textContent()) ?? "").trim();
  await page.goto(link);
  await expect(page.getByText("The invitation is for somebody else")).toBeVisible();

  const other = await browser.newContext();
  const guest = await other.newPage();
  await guest.goto(link);
  await guest.getByRole("link", { name: "Sign in to accept" }).click();
  await guest.getByLabel("E-mail").fill("noor@globex.example");
  await guest.getByLabel("Password", { exact: true }).fill("watchroom-demo-2026");
  await guest.getByRole("button", { name: "Sign in", exact: true }).click();
  await guest.getByRole("button", { name: "Accept the invitation" }).click();
  await expect(guest).toHaveURL(/\/o\/acme\/overview/);
  await other.close();

  await page.goto("/o/acme/settings/members");
  await page.getByRole("row", { name: /noor@globex/ }).getByRole("link", { name: "Change" }).click();
  await page.getByRole("button", { name: "Remove from the organization" }).click();
  await expect(page.getByRole("row", { name: /noor@globex/ })).toHaveCount(0);
});

test("the platform role makes, suspends and deletes an organization and takes that back", async ({ page, browser }) => {
  const errors = watchForErrors(page);
  const slug = `new-${Date.now()}`;
  await signIn(page, sre);
  await page.goto("/organizations");
  await expect(page.getByRole("row", { name: /Acme Corporation/ })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "New organization" }).click();
  const dialog = page.getByRole("dialog", { name: "New organization" });
  await dialog.getByLabel("Name", { exact: true }).fill(`Name of ${slug}`);
  await dialog.getByLabel("Short name").fill(slug);
  await dialog.getByLabel("E-mail of the first admin").fill("no address");
  await dialog.getByLabel("E-mail of the first admin").fill(`admin@${slug}.example`);
  await dialog.getByRole("button", { name: "Create the organization" }).click();
  const made = page.getByRole("dialog", { name: `Name of ${slug}` });
  const link = ((await made.locator("code").first().textContent()) ?? "").trim();
  expect(link).toContain("/invitation/");
  await expectAccessible(page);

  const other = await browser.newContext();
  const guest = await other.newPage();
  await guest.goto(link);
  await guest.getByLabel("Your name").fill("First Admin");
  await guest.getByLabel("Password", { exact: true }).fill("a sentence of mine");
  await guest.getByRole("button", { name: "Create the account and join" }).click();
  await expect(guest).toHaveURL(new RegExp(`/o/${slug}/overview`));

  await made.getByRole("button", { name: "Suspend" }).click();
  const row = page.getByRole("row", { name: new RegExp(`Name of ${slug}`) });
  await expect(row.getByText("suspended")).toBeVisible();
  await guest.goto(`/o/${slug}/events`);
  await expect(guest.getByText("This organization is suspended").first()).toBeVisible();
  await row.getByRole("link", { name: "Change" }).click();
  await made.getByLabel("Short name, to delete it").fill("something else");
  await made.getByRole("button", { name: "Delete the organization" }).click();
  await expect(made.getByText(/type the short name/i)).toBeVisible();
  await made.getByLabel("Short name, to delete it").fill(slug);
  await made.getByRole("button", { name: "Delete the organization" }).click();
  await expect(row.getByText("to be deleted")).toBeVisible();
  await row.getByRole("link", { name: "Change" }).click();
  await made.getByRole("button", { name: "Keep the organization" }).click();
  await expect(row.getByText("suspended")).toBeVisible();
  await row.getByRole("link", { name: "Change" }).click();
  await made.getByRole("button", { name: "Resume" }).click();
  await expect(row.getByText("suspended")).toBeHidden();
  await guest.goto(`/o/${slug}/events`);
  await expect(guest.getByRole("heading", { level: 1, name: "Events" })).toBeVisible();
  await other.close();
  // The one that was refused.
  expect(errors).toEqual([expect.stringContaining("400")]);
});

test("an admin sees where members are signed in and signs one out", async ({ page, browser }) => {
  // Somebody whom no other spec is signed in as at the same time.
  const email = `leaves-${Date.now()}@acme.example`;
  await signIn(page);
  await page.goto("/o/acme/settings/members");
  await page.getByRole("button", { name: "Invite a member" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite a member" });
  await dialog.getByLabel("E-mail").fill(email);
  await dialog.getByRole("button", { name: "Invite", exact: true }).click();
  const link = await page.getByRole("dialog", { name: email }).locator("code").first().textContent();
  const other = await browser.newContext();
  const guest = await other.newPage();
  await guest.goto((link ?? "").trim());
  await guest.getByLabel("Your name").fill("Lena Leaves");
  await guest.getByLabel("Password", { exact: true }).fill("a sentence of mine");
  await guest.getByRole("button", { name: "Create the account and join" }).click();
  await expect(guest).toHaveURL(/\/o\/acme\/overview/);
  await page.goto("/o/acme/settings/sessions");
  await expectAccessible(page);
  await page.getByRole("button", { name: `All of them ${email} everywhere` }).first().click();
  await expect(page.getByRole("row", { name: new RegExp(email) })).toHaveCount(0);
  await guest.goto("/o/acme/events");
  await expect(guest).toHaveURL(/\/sign-in/);
  await guest.goto("/organizations");
  await expect(guest).toHaveURL(/\/sign-in/);
  await other.close();
});
