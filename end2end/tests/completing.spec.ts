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
  const box = page.getByRole("combobox", { name: "Search cases" });
  const list = page.getByRole("listbox", { name: "Search cases" });
  await page.keyboard.press("/");
  await expect(box).toBeFocused();
  await expect(box).toHaveAttribute("aria-expanded", "false");
  await page.keyboard.type("stat");
  await expect(list.getByRole("option", { name: /^status:/ })).toBeVisible();
  await expect(box).toHaveAttribute("aria-expanded", "true");
  await expect(box).toHaveAttribute("aria-controls", /^listbox-\d+$/);
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
  await expect(box, "the field says it still").toHaveAttribute("aria-expanded", "true");
  await page.keyboard.press("ArrowDown");
  await expect(list.getByRole("option").first()).toHaveAttribute("aria-selected", "true");
  await expect(box).toHaveAttribute("aria-activedescendant", /^listbox-\d+-0$/);
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
  await expect(box).toHaveAttribute("aria-expanded", "false");
  await expect(box, "Escape put the list alone away").toBeFocused();
  await page.keyboard.press("Backspace");
  await list.getByRole("option", { name: `${word} mail` }).click();
  const asked = `status:open tag:"${word} mail"`;
  await expect(box).toHaveValue(`${asked} `);
  // Nothing is chosen in the list: Enter asks.
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/tag/);
  await expect(page.getByRole("link", { name: word, exact: true })).toBeVisible();
  // Asked once more, nothing changes.
  await box.press("Enter");
  await expect(page.getByRole("link", { name: word, exact: true })).toBeVisible();
  expect((await box.inputValue()).trim()).toBe(asked);
  // What cannot be read is not offered again.
  await box.fill("assignee:");
  await box.press("Enter");
  await expect(page.getByRole("alert")).toContainText("At character 10: a value is missing");

  await page.goto("/o/acme/cases");
  await box.focus();
  await expect(list.getByRole("option").first()).toContainText(asked);
  await expect(list.getByRole("option").first()).toContainText("written before");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(box).toHaveValue(asked);

  await page.goto("/o/acme/drift");
  const drifts = page.getByRole("combobox", { name: "Search drifts" });
  await drifts.pressSequentially("risk:");
  await expect(drifts).toHaveValue("risk:");
  await drifts.fill("");
  await expect(page.getByRole("listbox"), "what was asked of cases is not of drifts").toHaveCount(0);
  await drifts.pressSequentially("status:ack");
  await expect(page.getByRole("listbox").getByRole("option", { name: /^acknowledged/ })).toBeVisible();

  await page.goto("/o/acme/groups");
  const groups = page.getByRole("combobox", { name: "Search groups" });
  await groups.pressSequentially("component:ssh");
  await page.getByRole("listbox").getByRole("option", { name: /^sshd.* groups?$/ }).click();
  await expect(groups).toHaveValue("component:sshd ");
  await groups.pressSequentially("failed password");
  await groups.press("Enter");
  await expect(page).toHaveURL(/sshd/);
  await expect(page.locator("[data-row]").first()).toContainText(/failed password/i);
  await groups.fill("componnent:sshd");
  await groups.press("Enter");
  await expect(page.getByText("did you mean `component`?")).toBeVisible();
  await groups.fill("");
  const again = page.getByRole("listbox").getByRole("option");
  await expect(again.first()).toContainText("component:sshd failed password");
  await expect(again.filter({ hasText: "componnent" }), "what cannot be read is not offered again").toHaveCount(0);
  await groups.pressSequentially("assignee:");
  await expect(again.filter({ hasText: "nobody" })).toBeVisible();
  expect(errors).toEqual([]);
});

for (const [list, label, typed, mends, href] of [
  ["groups?severity=high", "Search groups", "severity:hi password", "high", /severity=high/],
  ["cases?show=all", "Search cases", "severity:hi password", "high", /show=all/],
  ["drift?show=all", "Search drifts", "enviroment:prod", "environment", /show=all/],
] as const) {
  test(`${label}: what cannot be read is marked, and mended by a link; the help shows what can be asked`, async ({ page }) => {
    await signIn(page);
    const errors = watchForErrors(page);
    await page.goto(`/o/acme/${list}`);
    await page.locator(":root[data-ready]").waitFor();
    const box = page.getByRole("combobox", { name: label });
    await box.fill(typed);
    await box.press("Enter");
    const wrong = page.getByRole("alert");
    await expect(wrong).toContainText(`did you mean \`${mends}\`?`);
    await expect(wrong).toContainText("At character ");
    await expect(wrong.locator("u")).toHaveText(/^(hi|enviroment)$/);
    await expect(box, "what was typed stays").toHaveValue(typed);
    await expect(box).toHaveAttribute("aria-invalid", "true");
    await expect(box).toHaveAccessibleDescription(/did you mean/);
    await expect(page.getByText("The query cannot be read")).toBeVisible();
    await expectAccessible(page);
    await wrong.getByRole("link", { name: `Use ${mends}` }).click();
    await expect(box).toHaveValue(typed.replace(/hi|enviroment/, mends));
    await expect(page).toHaveURL(href);
    await expect(wrong).toHaveCount(0);
    await expect(box).not.toHaveAttribute("aria-invalid", "true");

    await page.getByRole("button", { name: "Query syntax" }).click();
    await expect(page.getByText("either of two; blanks and AND mean both")).toBeVisible();
    await expect(page.getByText(/^Fields: .*assignee, /)).toBeVisible();
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });
}
