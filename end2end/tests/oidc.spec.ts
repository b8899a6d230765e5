import { expect, test } from "@playwright/test";
import { authorize, startWithProvider, type Room } from "../pages/provider";
import { expectAccessible, PASSWORD, watchForErrors } from "../pages/room";

test.describe.configure({ mode: "serial", timeout: 180_000 });

let room: Room;
test.beforeAll(async () => {
  room = await startWithProvider(PASSWORD);
});
test.afterAll(async () => {
  await room?.stop();
});

test("an admin maps a group, a person of it signs in by the provider and has its role", async ({ page, browser }) => {
  const errors = watchForErrors(page);
  await page.goto(`${room.url}/sign-in`);
  await page.getByLabel("E-mail").fill("ada@acme.example");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(/overview/);
  await page.goto(`${room.url}/o/acme/settings/sign-in`);
  await expect(page.getByText("No group gives a role")).toBeVisible();
  await expect(page.getByText("People may sign in with Example ID")).toBeVisible();
  await page.getByRole("textbox", { name: "Group" }).fill("soc");
  await page.getByRole("combobox", { name: "Role" }).selectOption("analyst");
  await page.getByRole("button", { name: "Give the role" }).click();
  await expect(page.getByRole("cell", { name: "soc", exact: true })).toBeVisible();
  await expectAccessible(page);
  expect(errors).toEqual([]);

  await room.tell("nora", { email: "nora@acme.example", email_verified: true, name: "Nora Ops", groups: ["soc"] });
  const other = await browser.newContext();
  const nora = await other.newPage();
  await nora.goto(`${room.url}/o/acme/events`);
  await expectAccessible(nora);
  await nora.getByRole("link", { name: "Sign in with Example ID" }).click();
  await authorize(nora, "nora");
  await expect(nora).toHaveURL(`${room.url}/o/acme/events`);
  await nora.goto(`${room.url}/account`);
  await expect(nora.getByText("this account has no password")).toBeVisible();
  await expect(nora.getByRole("heading", { name: "Password", exact: true })).toHaveCount(0);
  await expectAccessible(nora);

  await page.goto(`${room.url}/o/acme/settings/members`);
  const row = page.getByRole("row", { name: /Nora Ops/ });
  await expect(row.getByText("by group")).toBeVisible();
  await expect(row.getByText("analyst", { exact: true })).toBeVisible();

  // Without the group there is no role, at the next sign-in.
  await room.tell("nora", { email: "nora@acme.example", email_verified: true, groups: [] });
  await other.clearCookies();
  await nora.goto(`${room.url}/sign-in`);
  await nora.getByRole("link", { name: "Sign in with Example ID" }).click();
  await authorize(nora, "nora");
  await expect(nora.getByText("You belong to no organization yet")).toBeVisible();
  await other.close();

  await page.getByRole("link", { name: "Sign-in", exact: true }).click();
  await page.getByRole("button", { name: "Remove soc" }).click();
  await expect(page.getByText("No group gives a role")).toBeVisible();
});

test("who is refused is told why, beside the way there", async ({ page }) => {
  await room.tell("eve", { email: "ada@acme.example", email_verified: false });
  await page.goto(`${room.url}/sign-in?next=/o/acme/cases`);
  await page.getByRole("link", { name: "Sign in with Example ID" }).click();
  await authorize(page, "eve");
  await expect(page.getByRole("alert")).toContainText("does not say that your e-mail address is verified");
  await expectAccessible(page);
  await page.getByRole("link", { name: "Sign in with Example ID" }).click();
  await page.getByRole("button", { name: "Deny" }).click();
  // This one leaves out `state` when it denies, so it could be anybody's answer.
  await expect(page.getByRole("alert")).toContainText("That sign-in is over");
  await page.goto(`${room.url}/sign-in/oidc/callback?code=made-up&state=made-up`);
  await expect(page.getByRole("alert")).toContainText("That sign-in is over");
});
