import { expect, test } from "@playwright/test";
import { admin, expectAccessible, otherAdmin, PASSWORD, signInByForm, sre, viewer, watchForErrors } from "../pages/room";

test("the sign-in page shows the demo's accounts and is accessible", async ({ page }) => {
  const errors = watchForErrors(page);
  await page.goto("/sign-in");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(page.getByText(admin).first()).toBeVisible();
  await expectAccessible(page);
  expect(errors).toEqual([]);
});

test("a wrong password keeps the e-mail and says what is wrong", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill("nobody@acme.example");
  await page.getByLabel("Password", { exact: true }).fill("not the password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByText("do not fit together")).toBeVisible();
  await expect(page.getByLabel("E-mail")).toHaveValue("nobody@acme.example");
});

test("signing in leads to the overview, signing out ends the session", async ({ page }) => {
  await signInByForm(page);
  await expect(page).toHaveURL(/\/o\/acme\/overview/);
  await expect(page.getByRole("heading", { name: "Overview", level: 1 })).toBeVisible();
  await page.request.post("/sign-out", { headers: { "Sec-Fetch-Site": "same-origin" }, maxRedirects: 0 });
  await page.goto("/o/acme/events");
  await expect(page).toHaveURL(/\/sign-in/);
});

test("a page asked for before the sign-in is where one lands", async ({ page }) => {
  await page.goto("/o/acme/groups");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByLabel("E-mail").fill(admin);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(/\/o\/acme\/groups/);
});

test("another organization does not exist for those outside it", async ({ page }) => {
  await signInByForm(page, otherAdmin);
  const answer = await page.goto("/o/acme/events");
  expect(answer?.status()).toBe(404);
  const absent = await page.goto("/o/no-such-organization/events");
  expect(absent?.status()).toBe(404);
});

test("the platform role enters every organization, and the entry is in that organization's audit log", async ({ page }) => {
  await signInByForm(page, sre);
  for (const organization of ["acme", "globex"]) {
    const answer = await page.goto(`/o/${organization}/audit?action=ORGANIZATION_ENTERED`);
    expect(answer?.status()).toBe(200);
    await expect(page.getByRole("table").getByText(sre).first()).toBeVisible();
  }
});

test("a viewer sees events and may not make API keys", async ({ page }) => {
  await signInByForm(page, viewer);
  expect((await page.goto("/o/acme/events"))?.status()).toBe(200);
  await page.goto("/o/acme/settings/api-keys");
  await expect(page.getByRole("button", { name: /make|create/i })).toHaveCount(0);
});
