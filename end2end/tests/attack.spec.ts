import { expect, test } from "@playwright/test";
import { signIn, watchForErrors } from "../pages/room";

test("markup in every field of an event is text on every page that shows it", async ({ page, request }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  await page.goto("/o/acme/settings/api-keys");
  await page.getByRole("button", { name: "Make an API key" }).click();
  const dialog = page.getByRole("dialog", { name: "Make an API key" });
  await dialog.getByLabel("Name").fill("attack");
  await dialog.getByRole("checkbox", { name: /event\.write/ }).check();
  await dialog.getByRole("checkbox", { name: /event\.read/ }).check();
  await dialog.getByRole("button", { name: "Make the key" }).click();
  const key = (await page.getByText(/^wr_[A-Za-z0-9]+$/).first().textContent())!.trim();

  const evil = `"'></script><script>window.attacked = 1</script><img src=x onerror="window.attacked = 1">`;
  const fields = ["message", "component", "service", "environment", "system_id", "event_type", "source", "colour"];
  const answer = await request.post("/api/v1/events", {
    headers: { Authorization: `Bearer ${key}` },
    data: {
      // Not the newest: others look at the first row of the list.
      occurred_at: new Date(Date.now() - 7_200_000).toISOString(),
      severity: "critical",
      ...Object.fromEntries(fields.map((field) => [field, evil])),
    },
  });
  expect(await answer.json()).toMatchObject({ accepted: 1, rejected: 0 });

  const unharmed = async (path: string) => {
    await test.step(path, async () => {
      await page.goto(path);
      await expect(page.locator(":root[data-ready]")).toBeAttached();
      await expect(page.getByText("window.attacked = 1").first()).toBeAttached();
      expect(await page.evaluate(() => "attacked" in window)).toBe(false);
    });
  };
  await unharmed("/o/acme/events?from=all&q=severity:critical");
  // The panel is drawn in the browser, the page of its own on the server.
  const event = page.getByRole("row").filter({ hasText: "window.attacked" }).getByRole("link").first();
  await event.click();
  const panel = page.getByRole("complementary", { name: "Event" });
  await expect(panel.getByText("window.attacked = 1").first()).toBeVisible();
  expect(await page.evaluate(() => "attacked" in window)).toBe(false);
  const { items } = await (await request.get(`/api/v1/events?limit=1&q=${encodeURIComponent("severity:critical window.attacked")}`, { headers: { Authorization: `Bearer ${key}` } })).json();
  await unharmed(`/o/acme/events/${items[0].id}`);
  await unharmed(`/o/acme/groups/${items[0].group_id}`);
  await unharmed(`/o/acme/events?from=all&q=${encodeURIComponent('"window.attacked = 1"')}`);
  await unharmed("/o/acme/groups");
  await unharmed("/o/acme/sources");
  expect(errors).toEqual([]);
});
