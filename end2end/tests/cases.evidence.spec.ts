import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

const BYTES = "From: somebody\n\nPlease pay.";
const HASH = createHash("sha256").update(BYTES).digest("hex");

test("an analyst brings a file, checks it, removes it; an entry stands in the lane of its system", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  await page.goto("/o/acme/cases?open=new");
  const open = page.getByRole("dialog", { name: "Open a case" });
  await open.getByLabel("Title").fill(`Evidence ${Date.now()}`);
  await open.getByRole("button", { name: "Open the case" }).click();
  await page.getByLabel("When it happened").fill("2026-11-20T08:00");
  await page.getByRole("textbox", { name: "System" }).fill("gate-7");
  await page.getByLabel("What happened").fill("The guard saw a van.");
  await page.getByRole("button", { name: "Add to the timeline" }).click();
  await expect(page.locator("ol.timeline")).toContainText("The guard saw a van.");
  await page.getByRole("navigation", { name: "What the timeline shows" }).getByRole("link", { name: "By system" }).click();
  await expect(page.getByRole("columnheader", { name: "gate-7" })).toBeVisible();
  await expectAccessible(page);

  await page.getByRole("navigation", { name: "Parts of the case" }).getByRole("link", { name: /^Evidence/ }).click();
  await page.getByLabel("What it is, and where it comes from").fill("The mail that began it");
  await page.getByLabel("Choose a file or drop it here").setInputFiles({ name: "mail.eml", mimeType: "message/rfc822", buffer: Buffer.from(BYTES) });
  await page.getByRole("button", { name: "Add the file" }).click();
  await expect(page.getByText("The file is kept; its hash is below.")).toBeVisible();
  const files = page.getByRole("table", { name: "Evidence" });
  await expect(files.getByText(HASH)).toBeVisible();
  const coming = page.waitForEvent("download");
  await files.getByRole("link", { name: "Download mail.eml" }).click();
  const download = await coming;
  expect(await readFile(await download.path(), "utf8")).toBe(BYTES);
  await files.getByRole("button", { name: "Verify mail.eml" }).click();
  const custody = page.getByRole("table", { name: "Who had the files in hand" });
  await expect(custody.getByRole("row", { name: /Verified mail\.eml/ })).toBeVisible();
  await expect(custody.getByRole("row", { name: /Downloaded mail\.eml/ })).toBeVisible();
  await expectAccessible(page);

  await files.getByRole("button", { name: "Remove mail.eml" }).click();
  const remove = page.getByRole("dialog", { name: "Remove mail.eml" });
  await remove.getByLabel("Why").fill("It belongs to another case.");
  await remove.getByRole("button", { name: "Remove the file" }).click();
  await expect(files.getByText("It belongs to another case.")).toBeVisible();
  await expect(files.getByRole("link", { name: "Download mail.eml" })).toHaveCount(0);
  expect(errors).toEqual([]);
});
