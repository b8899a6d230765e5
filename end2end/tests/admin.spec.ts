import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

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
