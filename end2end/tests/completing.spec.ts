import { expect, test } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

// The query bars of the lists that the server prints.
test("a query of cases is completed as it is typed, and remembered", async ({ page }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  const word = `c${Date.now()}`;
  await page.goto("/o/acme/cases?open=new");
  const dialog = page.getByRole("dialog", { name: "Open a case" });
  await dialog.getByLabel("Title").fill(word);
  await dialog.getByLabel("Tags").fill(`${word} mail`);
  await dialog.getByRole("button", { name: "Open the case" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(word);

  await page.goto("/o/acme/cases");
  const box = page.getByRole("searchbox", { name: "Search cases" });
  const list = page.getByRole("listbox", { name: "Search cases" });
  await page.keyboard.press("/");
  await expect(box).toBeFocused();
  await page.keyboard.type("stat");
  await expect(list.getByRole("option", { name: /^status:/ })).toBeVisible();
  await expectAccessible(page);
  // Somebody opens a case meanwhile: the list of cases is new, what is offered stays.
  const form = {
    organization: "acme",
    "case[title]": `${word} too`,
    "case[priority]": "normal",
    "case[severity]": "low",
    "case[tlp]": "amber",
    "case[pap]": "amber",
  };
  const opened = await page.request.post("/fn/open_case", { form, headers: { Origin: new URL(page.url()).origin } });
  expect(opened.ok(), await opened.text()).toBe(true);
  await expect(page.getByRole("link", { name: `${word} too`, exact: true })).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await expect(box).toHaveValue("status:");
  // A field has to be followed by a value.
  await expect(list.getByRole("option")).toHaveText([/^open/, /^investigating/, /^resolved/]);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(box).toHaveValue("status:open ");
  await page.keyboard.type(`tag:${word}`);
  await expect(list.getByRole("option", { name: `${word} mail` })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(list).toHaveCount(0);
  await expect(box, "Escape put the list alone away").toBeFocused();
  await page.keyboard.press("Backspace");
  await list.getByRole("option", { name: `${word} mail` }).click();
  const asked = `status:open tag:"${word} mail"`;
  await expect(box).toHaveValue(`${asked} `);
  // Nothing is chosen in the list: Enter asks.
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/tag/);
  await expect(page.getByRole("link", { name: word, exact: true })).toBeVisible();

  await page.goto("/o/acme/cases");
  await box.focus();
  await expect(list.getByRole("option").first()).toContainText(asked);
  await expect(list.getByRole("option").first()).toContainText("written before");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(box).toHaveValue(asked);

  await page.goto("/o/acme/drift");
  const drifts = page.getByRole("searchbox", { name: "Search drifts" });
  await drifts.pressSequentially("risk:");
  await expect(drifts).toHaveValue("risk:");
  await drifts.fill("");
  await expect(page.getByRole("listbox"), "what was asked of cases is not of drifts").toHaveCount(0);
  await drifts.pressSequentially("status:ack");
  await expect(page.getByRole("listbox").getByRole("option", { name: /^acknowledged/ })).toBeVisible();

  await page.goto("/o/acme/groups");
  const groups = page.getByRole("searchbox", { name: "Search in templates" });
  await groups.pressSequentially("component:ssh");
  await page.getByRole("listbox").getByRole("option", { name: /^sshd/ }).click();
  await expect(groups).toHaveValue("component:sshd ");
  await groups.pressSequentially("failed password");
  await groups.press("Enter");
  await expect(page).toHaveURL(/sshd/);
  await expect(page.locator("[data-row]").first()).toContainText(/failed password/i);
  await groups.fill("componnent:sshd");
  await groups.press("Enter");
  await expect(page.getByText("did you mean `component`?")).toBeVisible();
  expect(errors).toEqual([]);
});
