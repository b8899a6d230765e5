import { expect, test } from "@playwright/test";
import { makeKey, word } from "../pages/groups";
import { expectAccessible, signIn, viewer, watchForErrors } from "../pages/room";

test("drifts go into a case from their list and from their page, stand in it, and are taken out", async ({ page, request, browser }) => {
  await signIn(page);
  const key = await makeKey(page, "drift.write");
  const name = `links${word()}`;
  const resource = (part: string) => ({
    address: `aws_instance.${name}_${part}`,
    type: "aws_instance",
    change: { actions: ["update"], before: { size: 1 }, after: { size: 2 } },
  });
  const drifted = ["web", "job", "mail"].map(resource);
  const sent = await request.post(`/api/v1/drift?environment=prod&repository=${name}&format=terraform-plan`, {
    headers: { authorization: `Bearer ${key}` },
    data: { format_version: "1.2", planned_values: {}, resource_changes: [], resource_drift: drifted },
  });
  expect(sent.status(), await sent.text()).toBe(200);
  const errors = watchForErrors(page);

  await page.goto(`/o/acme/drift?q=${encodeURIComponent(`repository:${name}`)}`);
  await page.getByRole("checkbox", { name: new RegExp(`Select .*${name}_web`) }).check();
  await page.getByRole("checkbox", { name: new RegExp(`Select .*${name}_job`) }).check();
  await page.getByRole("button", { name: "Add to a case" }).click();
  await expect(page.getByText("2 drifts.")).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel("Title").fill(`${name} case`);
  await page.getByRole("button", { name: "Open the case" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `${name} case` })).toBeVisible();
  await expect(page.getByText("linked 2 drifts")).toBeVisible();
  const number = new URL(page.url()).pathname.split("/").pop()!;
  await page.getByRole("link", { name: /^Linked 2/ }).click();
  const table = page.getByRole("table", { name: "Drifts of the case" });
  await expect(table.getByRole("row")).toHaveCount(3);
  await expectAccessible(page);
  await table.getByRole("button", { name: new RegExp(`Take out of the case: .*${name}_job`) }).click();
  await expect(table.getByRole("row")).toHaveCount(2);

  // From the page of another, by the number of the case.
  await page.goto(`/o/acme/drift?q=${encodeURIComponent(`repository:${name}`)}`);
  await page.getByRole("table", { name: "Drifts" }).getByRole("link", { name: `${name}_mail` }).click();
  const cases = page.getByRole("region", { name: "Cases" });
  await expect(cases).toContainText("In no case.");
  await cases.getByLabel("Number of the case").fill(`CASE-${number}`);
  await cases.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: `${name} case` })).toBeVisible();
  const beside = page.getByRole("region", { name: "Drift", exact: true });
  await beside.getByRole("link", { name: `${name}_mail` }).click();
  await expect(cases).toContainText(`${name} case`);
  await expectAccessible(page);
  expect(errors).toEqual([]);

  const other = await browser.newContext({ baseURL: new URL(page.url()).origin });
  const reads = await other.newPage();
  await signIn(reads, viewer);
  await reads.goto(page.url());
  await expect(reads.getByRole("region", { name: "Cases" })).toContainText(`${name} case`);
  await expect(reads.getByRole("button", { name: "Add", exact: true })).toHaveCount(0);
  await other.close();
});
