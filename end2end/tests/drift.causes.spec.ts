import { expect, test, type Page } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test.describe.configure({ timeout: 240_000 });

/** Thirty-two drifts: sizes that something scaled, tags that somebody wrote wrongly. */
function plan(word: string): string {
  const drifted = Array.from({ length: 32 }, (_, n) => {
    const scaled = n % 2 === 0;
    const id = `${word}-${n}`;
    const before = scaled ? { id, desired_capacity: 2 } : { id, tags: { owner: "a" } };
    const after = scaled ? { id, desired_capacity: 9 } : { id, tags: { owner: "b" } };
    return { address: `aws_thing.${word}_${scaled ? "size" : "tag"}${n}`, type: "aws_thing", change: { actions: ["update"], before, after } };
  });
  return JSON.stringify({ format_version: "1.2", planned_values: {}, resource_changes: [], resource_drift: drifted });
}

async function key(page: Page): Promise<string> {
  await page.goto("/o/acme/settings/api-keys");
  await page.getByRole("button", { name: "Make an API key" }).click();
  const dialog = page.getByRole("dialog", { name: "Make an API key" });
  await dialog.getByLabel("Name").fill("causes");
  for (const scope of [/drift\.read/, /drift\.write/]) await dialog.getByRole("checkbox", { name: scope }).check();
  await dialog.getByRole("button", { name: "Make the key" }).click();
  return (await page.getByText(/^wr_[A-Za-z0-9]+$/).first().textContent())!.trim();
}

test("a drift says why it happened, an analyst corrects that, and a model learns from it", async ({ page, request }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  const word = `c${Date.now()}`;
  const headers = { Authorization: `Bearer ${await key(page)}`, "Content-Type": "application/json" };
  const pushed = await request.post(`/api/v1/drift?environment=prod&repository=${word}&format=terraform-plan`, { headers, data: plan(word) });
  expect(pushed.status(), await pushed.text()).toBe(200);
  const listed = await request.get(`/api/v1/drifts?limit=200&q=${encodeURIComponent(`repository:${word}`)}`, { headers });
  const drifts: { id: string; number: number; resource: { resource_id: string } }[] = (await listed.json()).items;
  expect(drifts).toHaveLength(32);
  const first = drifts.find((drift) => drift.resource.resource_id.endsWith("_size0"))!;
  const cause = async () => (await (await request.get(`/api/v1/drifts/${first.id}`, { headers })).json()).cause;
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  const told = {
    events: [
      { correlation_type: "maintenance", external_system: "calendar", external_id: word, title: "Load test", environment: "prod", impact: "low", starts_at: at(-90), ends_at: at(90) },
      { correlation_type: "git_commit", external_system: "github", external_id: `${word}f`, title: `Raise ${word}-0`, actor: "bea", url: "https://git.example/c/1", starts_at: at(-45) },
    ],
  };
  const kept = await request.post("/api/v1/external-events", { headers, data: told });
  expect(kept.status(), await kept.text()).toBe(200);
  await expect.poll(async () => (await cause())?.correlation_events?.length, { timeout: 60_000 }).toBe(2);

  // The page of the drift: the cause in words, what was near it, a correction.
  await page.goto(`/o/acme/drift/${first.number}`);
  const card = page.getByRole("region", { name: "Cause" });
  await expect(card).toContainText("It is in a maintenance window");
  const near = page.getByRole("region", { name: "Around the onset" });
  await expect(near.getByRole("img", { name: /^\d+ things from/ })).toBeVisible();
  await expect(near.getByRole("table", { name: "What was near the onset" })).toContainText("Load test");
  await expect(near.getByRole("link", { name: `Raise ${word}-0` })).toHaveAttribute("href", "https://git.example/c/1");
  await expectAccessible(page);
  await card.getByRole("button", { name: "Correct" }).click();
  const dialog = page.getByRole("dialog", { name: "Correct the cause" });
  await expectAccessible(page);
  await dialog.getByLabel("What was the cause?").selectOption("automated_response");
  await dialog.getByLabel("How do you know?").fill("the scaler's log");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(card).toContainText("Corrected by ada@acme.example");
  await expect(card).toContainText("the scaler's log");

  for (const drift of drifts) {
    const category = drift.resource.resource_id.includes("_size") ? "automated_response" : "configuration_error";
    await expect
      .poll(async () => (await request.put(`/api/v1/drifts/${drift.id}/cause`, { headers, data: { cause: category } })).status(), { timeout: 60_000 })
      .toBe(200);
  }

  // The page of the models: it trains, and says how good the version is.
  await page.goto("/o/acme/drift");
  await page.getByRole("link", { name: "Models" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Drift");
  await page.getByRole("button", { name: "Train a version" }).click();
  await expect(page.getByText("It trains; look again in a moment")).toBeVisible();
  const versions = page.getByRole("table", { name: "Versions" });
  await expect(async () => {
    await page.goto("/o/acme/drift/models");
    await expect(versions).toBeVisible({ timeout: 2_000 });
    await expect(page.getByRole("button", { name: "Train a version" })).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 90_000 });
  await expect(versions.getByRole("row").nth(1)).toContainText(/judges|shadow/);
  await expect(page.getByRole("table", { name: "Confusion matrix" })).toContainText("Automated response");
  await expect(page.getByRole("table", { name: "Calibration" })).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectAccessible(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  const activate = versions.getByRole("button", { name: /^Activate/ });
  if ((await activate.count()) > 0) await activate.first().click();
  await expect(page.getByText(/version \d+ judges the causes of drifts/)).toBeVisible();
  await expect.poll(async () => (await cause())?.judged_by, { timeout: 60_000 }).toMatch(/^drift-causes/);
  await page.goto(`/o/acme/drift/${first.number}`);
  await expect(card).toContainText("the model drift-causes");
  await card.getByRole("button", { name: "Take back" }).click();
  await expect(card.getByRole("button", { name: "Confirm" })).toBeVisible();
  expect(errors).toEqual([]);
});
