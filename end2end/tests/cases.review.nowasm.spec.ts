import { expect, test } from "@playwright/test";
import { PASSWORD, signIn } from "../pages/room";

// In globex, whose other specs resolve nothing.
test("where two close a case, one asks and the other returns it, then closes it, without scripts", async ({ page, browser }) => {
  await signIn(page, "gil@globex.example", PASSWORD);
  const settings = "/o/globex/settings/cases";
  const rule = async (on: boolean) => {
    await page.goto(settings);
    await page.getByLabel("A second person closes cases").setChecked(on);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByText("Saved", { exact: true })).toBeVisible();
    await page.goto(settings);
    await expect(page.getByLabel("A second person closes cases")).toBeChecked({ checked: on });
  };
  await rule(true);
  const other = await browser.newContext({ baseURL: new URL(page.url()).origin, javaScriptEnabled: false });
  try {
    const title = `Two look ${Date.now()}`;
    await page.goto("/o/globex/cases?open=new");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Title").fill(title);
    await dialog.getByRole("button", { name: "Open the case" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText(title);
    const ask = async () => {
      await page.getByRole("button", { name: "Ask for review" }).click();
      await dialog.getByLabel("Why").fill("It was a drill.");
      await dialog.getByRole("button", { name: /the case/ }).click();
      await expect(page.getByText("Somebody else has to answer.")).toBeVisible();
    };
    await ask();
    await expect(page.getByRole("button", { name: "Close the case" })).toHaveCount(0);
    const address = page.url();

    const second = await other.newPage();
    await signIn(second, "noor@globex.example", PASSWORD);
    await second.goto(address);
    await expect(second.getByText("asks to close it as true positive: It was a drill.")).toBeVisible();
    await second.getByLabel("Why it goes back").fill("Whose drill?");
    await second.getByRole("button", { name: "Return it" }).click();
    await expect(second.getByText("returned it to gil@globex.example")).toBeVisible();

    await page.goto(address);
    await ask();
    await second.goto(address);
    await second.getByRole("button", { name: "Close the case" }).click();
    await expect(second.getByText("resolved it as true positive")).toBeVisible();
    await page.goto(address);
    await expect(page.getByRole("button", { name: "Reopen" })).toBeVisible();
  } finally {
    await rule(false);
    await other.close();
  }
});
