import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test("a note and a description are looked at as they will be read, and stay typed", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  await page.goto("/o/acme/cases?open=new");
  const open = page.getByRole("dialog", { name: "Open a case" });
  const title = `Looked at ${Date.now()}`;
  await open.getByLabel("Title").fill(title);
  await open.getByLabel("Description").fill("**bold** <img src=x onerror=alert(1)>");
  await open.getByRole("button", { name: "Preview" }).click();
  const preview = open.getByRole("region", { name: "Preview" });
  await expect(preview.locator("strong")).toHaveText("bold");
  await expect(preview).toContainText("<img src=x onerror=alert(1)>");
  await expect(open.getByLabel("Title")).toHaveValue(title);
  await expect(open.getByLabel("Description")).toHaveValue("**bold** <img src=x onerror=alert(1)>");
  await expectAccessible(page);
  await open.getByRole("button", { name: "Open the case" }).click();
  await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();

  await page.getByLabel("Write a note").fill("- one\n- two");
  await page.getByRole("button", { name: "Preview" }).click();
  const note = page.getByRole("region", { name: "Preview" });
  await expect(note.getByRole("listitem")).toHaveText(["one", "two"]);
  await expect(page.getByLabel("Write a note")).toHaveValue("- one\n- two");
  await expectAccessible(page);
  await page.getByLabel("Write a note").press("Control+Enter");
  await expect(page.locator("ol.timeline").getByText("two")).toBeVisible();
  await expect(note).toBeHidden();
  await expect(page.getByLabel("Write a note")).toHaveValue("");
  expect(errors.filter((error) => !/status of (400|409)/.test(error))).toEqual([]);
});
