import { expect, test } from "@playwright/test";
import { signIn } from "../pages/room";

test("an administrator makes a key, sends an event with it and sees it first, with its audit entry", async ({ page, request }) => {
  await signIn(page);
  await page.goto("/o/acme/settings/api-keys");
  await page.getByRole("button", { name: "Make an API key" }).click();
  const dialog = page.getByRole("dialog", { name: "Make an API key" });
  await dialog.getByLabel("Name").fill("end to end");
  await dialog.getByRole("checkbox", { name: /event\.write/ }).check();
  await dialog.getByRole("button", { name: "Make the key" }).click();
  const secret = page.getByText(/^wr_[A-Za-z0-9]+$/).first();
  await expect(secret).toBeVisible();
  const key = (await secret.textContent())!.trim();

  const marker = `end to end ${Date.now()}`;
  const at = new Date(Date.now() + 60_000).toISOString();
  const answer = await request.post("/api/v1/events", {
    headers: { Authorization: `Bearer ${key}` },
    data: [
      { occurred_at: at, severity: "crit", message: `Failed password for root, ${marker}`, component: "sshd", colour: "green" },
      { occurred_at: "yesterday", severity: "info", message: "a bad row" },
    ],
  });
  expect(answer.status()).toBe(200);
  const receipt = await answer.json();
  expect(receipt).toMatchObject({ accepted: 1, rejected: 1, rejections: [{ index: 1, field: "occurred_at" }] });

  await page.goto("/o/acme/events");
  const row = page.getByRole("row").filter({ hasText: marker });
  await expect(row).toBeVisible();
  await expect(page.getByRole("row").nth(1)).toContainText(marker);
  await row.getByRole("link").first().click();
  await expect(page.getByText("green").first()).toBeVisible();

  await page.goto("/o/acme/audit?action=EVENTS_INGESTED");
  await expect(page.getByRole("table").getByText("EVENTS_INGESTED").first()).toBeVisible();
});
