import { expect, test } from "@playwright/test";
import { signIn } from "../pages/room";

test("a file is brought and an entry is written without scripts", async ({ page }) => {
  await signIn(page);
  await page.goto("/o/acme/cases?open=new");
  const open = page.getByRole("dialog", { name: "Open a case" });
  await open.getByLabel("Title").fill(`Plain evidence ${Date.now()}`);
  await open.getByRole("button", { name: "Open the case" }).click();
  await page.getByLabel("When it happened").fill("2026-11-20T08:00");
  await page.getByLabel("What happened").fill("The guard saw a van.");
  await page.getByRole("button", { name: "Add to the timeline" }).click();
  await expect(page.locator("ol.timeline")).toContainText("The guard saw a van.");
  await page.getByRole("link", { name: /^Evidence/ }).click();
  await page.getByLabel("Choose a file or drop it here").setInputFiles({ name: "log.txt", mimeType: "text/plain", buffer: Buffer.from("one line") });
  await page.getByRole("button", { name: "Add the file" }).click();
  await expect(page.getByRole("table", { name: "Evidence" }).getByText("log.txt")).toBeVisible();
  await page.getByRole("button", { name: "Verify log.txt" }).click();
  await expect(page.getByRole("table", { name: "Who had the files in hand" }).getByRole("row", { name: /Verified log\.txt/ })).toBeVisible();
});
