import { expect, test } from "@playwright/test";
import { makeKey } from "../pages/groups";
import { admin, signIn } from "../pages/room";

test("mentions are written, found and read without scripts", async ({ page, request, browser, baseURL }) => {
  await signIn(page, "mk@acme.example");
  const context = await browser.newContext({ baseURL });
  const ada = await context.newPage();
  await signIn(ada, admin);
  const key = await makeKey(ada, "case.write");
  const name = `plainmention${Date.now()}`;
  const headers = { authorization: `Bearer ${key}` };
  const { number } = (await (await request.post("/api/v1/cases", { headers, data: { title: name } })).json()) as { number: number };
  await ada.goto(`/o/acme/cases/${number}`);
  await ada.getByLabel("Write a note").fill(`${name} @mk@acme.example`);
  await ada.getByRole("button", { name: "Add the note" }).click();
  await expect(ada.locator("ol.timeline .mention")).toHaveText("@mk@acme.example");
  await page.goto("/o/acme/cases/tasks?show=mentions");
  const row = page.getByRole("row", { name: new RegExp(name) });
  await expect(row).toContainText("new");
  await row.getByRole("button", { name: /Mark as read/ }).click();
  await expect(row).not.toContainText("new");
  await context.close();
});
