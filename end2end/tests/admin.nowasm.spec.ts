import { expect, test } from "@playwright/test";
import { signIn, sre } from "../pages/room";

test("a person without an account is invited and joins without scripts", async ({ page, browser }) => {
  const email = `plain-${Date.now()}@acme.example`;
  await signIn(page);
  await page.goto("/o/acme/settings/members");
  await page.getByRole("button", { name: "Invite a member" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite a member" });
  await dialog.getByLabel("E-mail").fill(email);
  await dialog.getByRole("button", { name: "Invite", exact: true }).click();
  const invited = page.getByRole("dialog", { name: email });
  const link = ((await invited.locator("code").first().textContent()) ?? "").trim();

  const other = await browser.newContext({ javaScriptEnabled: false });
  const guest = await other.newPage();
  await guest.goto(link);
  await guest.getByLabel("Your name").fill("Paula Plain");
  await guest.getByLabel("Password", { exact: true }).fill("short but long");
  await guest.getByRole("button", { name: "Create the account and join" }).click();
  await expect(guest.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await guest.goto(link);
  await expect(guest.getByRole("heading", { level: 1, name: "This link was used" })).toBeVisible();
  await other.close();
});

test("an organization is made and suspended without scripts", async ({ page }) => {
  const slug = `plain-${Date.now()}`;
  await signIn(page, sre);
  await page.goto("/organizations");
  await page.getByRole("button", { name: "New organization" }).click();
  const dialog = page.getByRole("dialog", { name: "New organization" });
  await dialog.getByLabel("Name", { exact: true }).fill(`Name of ${slug}`);
  await dialog.getByLabel("Short name").fill("Not A Slug");
  await dialog.getByLabel("E-mail of the first admin").fill(`admin@${slug}.example`);
  await dialog.getByRole("button", { name: "Create the organization" }).click();
  await expect(dialog.getByText(/lower-case letters/)).toBeVisible();
  await expect(dialog.getByLabel("Name", { exact: true })).toHaveValue(`Name of ${slug}`);
  await dialog.getByLabel("Short name").fill(slug);
  await dialog.getByRole("button", { name: "Create the organization" }).click();
  const made = page.getByRole("dialog", { name: `Name of ${slug}` });
  await expect(made.locator("code").first()).toContainText("/invitation/");
  await made.getByRole("button", { name: "Suspend" }).click();
  await expect(page.getByRole("row", { name: new RegExp(`Name of ${slug}`) }).getByText("suspended")).toBeVisible();
});
