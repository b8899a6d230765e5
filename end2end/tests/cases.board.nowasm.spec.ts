import { expect, test } from "@playwright/test";
import { signIn } from "../pages/room";

test("a case is moved over the board without scripts", async ({ page }) => {
  await signIn(page);
  const name = `plainboard${Date.now()}`;
  await page.goto("/o/acme/cases?open=new");
  const open = page.getByRole("dialog", { name: "Open a case" });
  await open.getByLabel("Title").fill(name);
  await open.getByRole("button", { name: "Open the case" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(name);
  await page.goto(`/o/acme/cases?layout=board&q=${name}`);
  const column = (title: string) => page.getByRole("region", { name: new RegExp(`^${title} `) });
  await column("Open").getByRole("button", { name: /^Investigate CASE-/ }).click();
  await expect(page.getByText("1 case being investigated")).toBeVisible();
  await column("Investigating").getByRole("link", { name: /^Resolve CASE-/ }).click();
  const resolve = page.getByRole("dialog", { name: /^Resolve CASE-/ });
  await resolve.getByLabel("Why").fill("A drill.");
  await resolve.getByRole("button", { name: "Resolve the case" }).click();
  await expect(page.getByText("1 case resolved")).toBeVisible();
  await expect(column("Resolved")).toContainText(name);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(column("Investigating")).toContainText(name);
});
