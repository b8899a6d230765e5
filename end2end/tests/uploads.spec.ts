import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";
import { mapOdd, oddCsv, upload } from "../pages/uploads";

test("a file is mapped, tried, imported, and its refused rows are downloaded", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  const marker = `m${Date.now()}`;
  await upload(page, oddCsv(marker));
  await expect(page.getByRole("table", { name: "First rows of the file" })).toContainText(`disk ${marker} is full`);
  // Its name says nothing, its values do.
  await expect(page.getByLabel("Field for when")).toHaveValue("occurred_at");
  await expectAccessible(page);
  await mapOdd(page);
  await page.getByRole("button", { name: "Dry run" }).click();
  await expect(page.getByText("2 rows would be accepted, 1 refused. Nothing was stored.")).toBeVisible();
  await expect(page.getByLabel("Field for what")).toHaveValue("message");
  await expectAccessible(page);

  await page.getByRole("button", { name: "Import" }).click();
  await expect(page.getByText("2 events stored, 1 row refused.")).toBeVisible({ timeout: 15_000 });
  await expectAccessible(page);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download refused rows" }).click()]);
  expect(download.suggestedFilename()).toMatch(/\.csv$/);

  await page.goto(`/o/acme/events?from=all&q=${marker}`);
  await expect(page.getByRole("table", { name: /^Events, / }).locator("tbody tr")).toHaveCount(2);
  expect(errors).toEqual([]);
});

test("a mapping without a message is refused before anything is stored", async ({ page }) => {
  await signIn(page);
  await upload(page, oddCsv(`n${Date.now()}`));
  await page.getByRole("button", { name: "Import" }).click();
  await expect(page.getByText("choose the column that holds it")).toBeVisible();
});

test("a file on its way tells how far it is and can be stopped", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/uploads");
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/o/acme/uploads", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    await held;
    await route.abort().catch(() => {});
  });
  await page.getByLabel("Choose a file or drop it here").setInputFiles(oddCsv(`w${Date.now()}`));
  await page.getByRole("button", { name: "Upload and look" }).click();
  await expect(page.getByRole("progressbar", { name: "Sending the file" })).toBeVisible();
  await expectAccessible(page);
  await expect(page.getByRole("button", { name: "Stop" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toHaveText("Stopped. Nothing was kept of the file.");
  await expect(page.getByRole("button", { name: "Upload and look" })).toBeEnabled();
  await expect(page.getByRole("progressbar", { name: "Sending the file" })).toBeHidden();
  release();
});

test("a file that was looked at is discarded, and nothing of it stays", async ({ page }) => {
  await signIn(page);
  const file = oddCsv(`d${Date.now()}`);
  await upload(page, file);
  const address = page.url();
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page).toHaveURL(/\/uploads$/);
  await expect(page.getByText("Upload discarded")).toBeVisible();
  await page.goto(address);
  await expect(page.getByText(/not found|does not exist|nothing here/i).first()).toBeVisible();
});

test("a file that is too large is refused before it is sent", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/uploads");
  const form = page.locator("form", { has: page.getByRole("button", { name: "Upload and look" }) });
  await expect(form).toHaveAttribute("data-most", String(200 * 1024 * 1024));
  await form.evaluate((form) => form.setAttribute("data-most", "10"));
  const posts: string[] = [];
  page.on("request", (request) => request.method() === "POST" && posts.push(request.url()));
  await page.getByLabel("Choose a file or drop it here").setInputFiles(oddCsv(`g${Date.now()}`));
  await page.getByRole("button", { name: "Upload and look" }).click();
  await expect(page.getByText("The file is larger than 200 MiB.")).toBeVisible();
  expect(posts).toEqual([]);
});
