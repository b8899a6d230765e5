import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@playwright/test";
import { startWithProvider, type Room } from "../pages/provider";
import { expectAccessible, PASSWORD, watchForErrors } from "../pages/room";

test.describe.configure({ timeout: 180_000 });

let room: Room;
let receiver: Server;
let status = 204;
const got: string[] = [];
test.beforeAll(async () => {
  receiver = createServer((request, response) => {
    got.push(String(request.headers["webhook-signature"]));
    request.resume();
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  room = await startWithProvider(PASSWORD, { WATCHROOM_WEBHOOK_NETWORKS: "127.0.0.1", WATCHROOM_WEBHOOK_HTTP: "true" });
});
test.afterAll(async () => {
  receiver?.close();
  await room?.stop();
});

test("a webhook is added, tested, told what changes, changed and deleted", async ({ page }) => {
  const errors = watchForErrors(page);
  await page.goto(`${room.url}/sign-in?next=/o/acme/settings/webhooks`);
  await page.getByLabel("E-mail").fill("ada@acme.example");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByText("No webhooks yet")).toBeVisible();
  await page.getByRole("button", { name: "Add a webhook" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a webhook" });
  await dialog.getByLabel("Name").fill("pager");
  await dialog.getByLabel("Address").fill("http://169.254.169.254/latest/meta-data");
  await dialog.getByLabel("Environments").check();
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog.getByText(/leads to an address that is not public/)).toBeVisible();
  await expect(dialog.getByLabel("Name")).toHaveValue("pager");
  await expect(dialog.getByLabel("Environments")).toBeChecked();
  await dialog.getByLabel("Address").fill(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByText("Keep this secret.")).toBeVisible();
  await expect(page.getByText(/^whsec_/)).toBeVisible();
  await expectAccessible(page);

  await page.getByRole("button", { name: "Send a test" }).click();
  const told = page.getByRole("table", { name: "Deliveries" });
  await expect(told.getByText("ping", { exact: true }).first()).toBeVisible();
  await expect(async () => {
    await page.reload();
    await expect(told.getByText("delivered")).toBeVisible({ timeout: 1000 });
  }).toPass();
  await expect(page.getByText(/^whsec_/)).toHaveCount(0);
  expect(got[0]).toMatch(/^v1,/);

  status = 500;
  const here = page.url();
  await page.goto(`${room.url}/o/acme/settings/environments`);
  await page.getByRole("button", { name: "Add an environment" }).click();
  const environment = page.getByRole("dialog", { name: "Add an environment" });
  await environment.getByLabel("Short name").fill("prod");
  await environment.getByLabel("Name", { exact: true }).fill("Production");
  await environment.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByRole("table", { name: "Environments" }).getByText("Production")).toBeVisible();
  await expect(async () => {
    await page.goto(here);
    await expect(told.getByText("environment.created", { exact: true }).first()).toBeVisible({ timeout: 1000 });
    await expect(told.getByText("it answered 500")).toBeVisible({ timeout: 1000 });
  }).toPass();
  await expect(page.getByText("Deliveries fail.")).toBeVisible();
  await expectAccessible(page);
  status = 204;
  await page.getByRole("button", { name: "Redeliver environment.created" }).click();
  await expect(page.getByText("It is sent again")).toBeVisible();
  await expect(async () => {
    await page.reload();
    await expect(told.getByText("delivered")).toHaveCount(2, { timeout: 1000 });
  }).toPass();
  await page.getByRole("checkbox", { name: /^On\b/ }).uncheck();
  // Who leaves before the answer takes the request back.
  const saved = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name: "Save" }).click();
  await saved;
  await page.goto(`${room.url}/o/acme/settings/webhooks`);
  await expect(page.getByRole("row", { name: /pager/ }).getByText("off", { exact: true })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "pager" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Delete the webhook" }).click();
  await expect(page.getByText("No webhooks yet")).toBeVisible();
  // The address that was refused, and the page of what is deleted.
  expect(errors.filter((error) => !/status of (400|404)/.test(error))).toEqual([]);
});
