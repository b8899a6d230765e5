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

  await page.getByRole("combobox", { name: "Search cases" }).fill(`${name} one`);
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

test("facets narrow the list of cases and are taken back", async ({ page, request }) => {
  await signIn(page);
  const key = await makeKey(page, "case.write");
  const name = `facet${Date.now()}`;
  for (const [title, severity, tags] of [["one", "high", [name, "left"]], ["two", "low", [name, "right"]], ["three", "low", [name]]] as const) {
    const made = await request.post("/api/v1/cases", { headers: { authorization: `Bearer ${key}` }, data: { title: `${name} ${title}`, severity, tags } });
    expect(made.status()).toBe(201);
  }
  await page.goto(`/o/acme/cases?show=all&q=tag%3A${name}`);
  const facets = page.getByRole("navigation", { name: "Filters" });
  const rows = page.getByRole("table", { name: "Cases" }).getByRole("row");
  await expect(rows).toHaveCount(4);
  await facets.getByRole("link", { name: /^left/ }).click();
  await expect(page.getByRole("combobox", { name: "Search cases" })).toHaveValue(new RegExp(`tag:.*left`));
  await page.goto(`/o/acme/cases?show=all&q=tag%3A${name}+severity%3Ahigh`);
  await expect(rows).toHaveCount(2);
  // The other severity is still there to be chosen.
  await facets.getByRole("link", { name: /^Low/ }).click();
  await expect(rows).toHaveCount(4);
  await expectAccessible(page);
  await page.goto("/o/acme/cases?q=severity%3A");
  await expect(page.getByText("The query cannot be read")).toBeVisible();
  await expect(page.getByText(/ of \d+$/), "what cannot be read counts nothing").toHaveCount(0);
});
