import { expect, test } from "@playwright/test";
import { authorize, startWithProvider } from "../pages/provider";
import { PASSWORD } from "../pages/room";

test.describe.configure({ timeout: 180_000 });

test("the provider leads in without scripts, to where one wanted to go", async ({ page }) => {
  const room = await startWithProvider(PASSWORD);
  try {
    await room.tell("ada", { email: "ada@acme.example", email_verified: true });
    await page.goto(`${room.url}/o/acme/sources`);
    await page.getByRole("link", { name: "Sign in with Example ID" }).click();
    await authorize(page, "ada");
    await expect(page).toHaveURL(`${room.url}/o/acme/sources`);
    await page.goto(`${room.url}/o/acme/settings/sign-in`);
    await page.getByRole("textbox", { name: "Group" }).fill("soc");
    await page.getByRole("button", { name: "Give the role" }).click();
    await expect(page.getByRole("cell", { name: "soc", exact: true })).toBeVisible();
    await page.getByRole("button", { name: "Remove soc" }).click();
    await expect(page.getByText("No group gives a role")).toBeVisible();
    await page.getByRole("textbox", { name: "Group" }).fill("soc\u202e");
    await page.getByRole("button", { name: "Give the role" }).click();
    await expect(page.getByText(/marks of writing direction/i)).toBeVisible();
    await expect(page.getByRole("textbox", { name: "Group" })).toHaveValue("soc\u202e");
    await page.goto(`${room.url}/account`);
    await page.getByRole("button", { name: "Sign out" }).first().click();
    await expect(page.getByRole("link", { name: "Sign in with Example ID" })).toBeVisible();
  } finally {
    await room.stop();
  }
});
