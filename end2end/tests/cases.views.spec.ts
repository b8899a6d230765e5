import { expect, test } from "@playwright/test";
import { makeKey } from "../pages/groups";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test("an analyst saves a list of cases as a view, starts with it, changes and deletes it", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "case.write");
  const name = `view${Date.now()}`;
  for (const title of ["one", "two"]) {
    const made = await request.post("/api/v1/cases", { headers: { authorization: `Bearer ${key}` }, data: { title: `${name} ${title}` } });
    expect(made.status()).toBe(201);
  }
  const errors = watchForErrors(page);
  await page.goto(`/o/acme/cases?show=all&q=${name}`);
  const views = page.getByRole("navigation", { name: "Views" });
  await views.getByRole("button", { name: "Save as view" }).click();
  const save = page.getByRole("dialog", { name: "Save this list as a view" });
  await save.getByLabel("Name").fill(name);
  await save.getByLabel("Start with it").check();
  await expectAccessible(page);
  await save.getByRole("button", { name: "Save", exact: true }).click();
  await expect(views.getByRole("link", { name: `${name} 2` })).toHaveAttribute("aria-current", "page");
  // A new page, not the one that already shows this: what is typed next would go with the old one.
  await page.goto("/o/acme/cases");
  await expect(views.getByRole("link", { name: `${name} 2` })).toHaveAttribute("aria-current", "page");
  await expect(page.getByRole("table", { name: "Cases" }).getByRole("row")).toHaveCount(3);

  await page.getByRole("searchbox", { name: "Search cases" }).fill(`${name} one`);
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await views.getByRole("button", { name: "Save changes" }).click();
  await expect(views.getByRole("link", { name: `${name} 1` })).toHaveAttribute("aria-current", "page");
  await views.getByRole("button", { name: "Edit view" }).click();
  await page.getByRole("dialog", { name: "Edit the view" }).getByRole("button", { name: "Delete the view" }).click();
  await expect(views.getByRole("link", { name })).toHaveCount(0);
  await expect(views.getByRole("link", { name: "All cases" })).toHaveAttribute("aria-current", "page");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(views.getByRole("link", { name: `${name} 1` })).toBeVisible();
  expect(errors).toEqual([]);
});
