import { expect, test, type Page } from "@playwright/test";
import { expectAccessible, signIn, watchForErrors } from "../pages/room";

test.describe.configure({ timeout: 180_000 });

const updated = (before: object, after: object) => ({ actions: ["update"], before, after });

/** What `terraform show -json` prints of resources that somebody changed by hand. */
function plan(word: string): string {
  const resource = (name: string, type: string, change: object) => ({ address: `${type}.${word}_${name}`, type, name, change });
  return JSON.stringify({
    format_version: "1.2",
    planned_values: {},
    resource_changes: [],
    resource_drift: [
      resource(
        "web",
        "aws_security_group",
        updated(
          { id: "sg-1", ingress: [{ port: 22, cidr_blocks: ["10.0.0.0/8"] }], password: "hunter2" },
          { id: "sg-1", ingress: [{ port: 22, cidr_blocks: ["0.0.0.0/0"] }], password: "hunter3" },
        ),
      ),
      resource(
        "job",
        "aws_instance",
        updated({ instance_type: "t3.small", monitoring: true, size: "80" }, { instance_type: "t3.large", monitoring: false, size: 80 }),
      ),
      resource("disk", "aws_ebs_volume", updated({ iops: 3000 }, { iops: 6000 })),
      resource("queue", "aws_sqs_queue", updated({ delay_seconds: 5 }, { delay_seconds: 9 })),
    ],
  });
}

async function key(page: Page): Promise<string> {
  await page.goto("/o/acme/settings/api-keys");
  await page.getByRole("button", { name: "Make an API key" }).click();
  const dialog = page.getByRole("dialog", { name: "Make an API key" });
  await dialog.getByLabel("Name").fill("pipeline");
  await dialog.getByRole("checkbox", { name: /drift\.write/ }).check();
  await dialog.getByRole("button", { name: "Make the key" }).click();
  return (await page.getByText(/^wr_[A-Za-z0-9]+$/).first().textContent())!.trim();
}

test("a pipeline pushes drift; an analyst ignores a part, accepts, codifies and escalates it", async ({ page, request }) => {
  const errors = watchForErrors(page);
  await signIn(page);
  const word = `w${Date.now()}`;
  const secret = await key(page);
  const push = async () => {
    const answer = await request.post(`/api/v1/drift?environment=prod&repository=${word}&format=terraform-plan`, {
      headers: { Authorization: `Bearer ${secret}`, "Content-Type": "application/json" },
      data: plan(word),
    });
    expect(answer.status(), await answer.text()).toBe(200);
    return answer.json();
  };
  expect(await push()).toMatchObject({ resources: 4, drifted: 4, new: 4, resolved: 0, problems: [] });

  const list = `/o/acme/drift?q=${encodeURIComponent(`repository:${word}`)}`;
  const table = page.getByRole("table", { name: "Drifts" });
  const open = async (name: string) => {
    await page.goto(list);
    await table.getByRole("link", { name: `${word}_${name}` }).click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText(`${word}_${name}`);
  };
  await page.goto(list);
  await expect(table.getByRole("row")).toHaveCount(5);
  await expect(table.getByRole("row").nth(1)).toContainText(`${word}_web`);
  await expectAccessible(page);

  await open("web");
  const lines = page.getByRole("table", { name: "Properties that differ from the code" });
  await expect(lines).toContainText("0.0.0.0/0");
  await expect(lines).toContainText("(sensitive)");
  await expect(page.getByText("hunter")).toHaveCount(0);
  await expectAccessible(page);

  // What is known of the resource itself: states masked, verdict, noise, drifts.
  await page.getByRole("link", { name: "All that is known of it" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(`${word}_web`);
  await expect(page.getByRole("region", { name: "Declared state" }).locator("pre")).toContainText("10.0.0.0/8");
  await expect(page.getByRole("region", { name: "Actual state" }).locator("pre")).toContainText("0.0.0.0/0");
  await expect(page.getByText("hunter")).toHaveCount(0);
  await expect(page.getByRole("complementary", { name: "Facts" })).toContainText("by no push");
  await expect(page.getByRole("table", { name: "Drifts of the resource" }).getByRole("row")).toHaveCount(2);
  await expectAccessible(page);

  // One property of the job is left out, the other stays.
  await open("job");
  await page.getByRole("link", { name: "Ignore monitoring" }).click();
  const ignore = page.getByRole("dialog", { name: "Ignore a property" });
  await expect(ignore).toContainText("monitoring");
  await expectAccessible(page);
  await ignore.getByLabel("For how many days").fill("a while");
  await ignore.getByLabel("Why").fill("switched by the on-call");
  await ignore.getByRole("button", { name: "Ignore it" }).click();
  await expect(ignore.getByLabel("For how many days")).toHaveAttribute("aria-invalid", "true");
  await expect(ignore.getByLabel("Why")).toHaveValue("switched by the on-call");
  await ignore.getByLabel("For how many days").fill("7");
  await ignore.getByRole("button", { name: "Ignore it" }).click();
  await expect(lines.getByRole("row").filter({ hasText: "monitoring" }).first()).toContainText("ignored");
  await page.getByRole("link", { name: "Show noise (1)" }).click();
  await expect(page.getByText("the same number, written in another way")).toBeVisible();
  await page.getByRole("link", { name: "Side by side" }).click();
  await expect(lines.getByRole("columnheader", { name: "Declared" })).toBeAttached();
  await expectAccessible(page);

  await open("disk");
  await page.getByRole("link", { name: "Accept" }).click();
  const accept = page.getByRole("dialog", { name: "Accept this drift" });
  await accept.getByLabel("Why").fill("the nightly job needs it");
  await expectAccessible(page);
  await accept.getByRole("button", { name: "Accept" }).click();
  await expect(page.getByRole("complementary", { name: "Facts" })).toContainText("Accepted");

  await open("queue");
  await page.getByRole("button", { name: "Write into the code" }).click();
  const codify = page.getByRole("dialog", { name: "Write it into the code" });
  await expect(codify).toContainText("delay_seconds");
  await codify.getByLabel("Note").fill("merged in 4711");
  await expectAccessible(page);
  await codify.getByRole("button", { name: "It is in the code" }).click();
  await expect(page.getByText("merged in 4711")).toBeVisible();

  await open("web");
  await page.getByRole("button", { name: "Escalate to a case" }).click();
  const escalate = page.getByRole("dialog", { name: "Escalate to a case" });
  await escalate.getByLabel("What should be looked into?").fill("who opened it?");
  await escalate.getByRole("button", { name: "Open a case" }).click();
  await expect(page).toHaveURL(/\/cases\/\d+/);
  await expect(page.getByRole("link", { name: `${word}_web` })).toBeVisible();

  // The next push still has all of it: what was accepted and ignored stays out, what was said to be in the code is open again.
  expect(await push()).toMatchObject({ resources: 4, new: 0, resolved: 0, ignored: 2 });
  await page.goto(list);
  await expect(table.getByRole("row").filter({ hasText: `${word}_queue` })).toContainText("Open");
  await expect(table.getByRole("row").filter({ hasText: `${word}_disk` })).toHaveCount(0);

  // Many at once, with Undo.
  await table.getByRole("checkbox", { name: new RegExp(`${word}_queue`) }).check();
  await table.getByRole("checkbox", { name: new RegExp(`${word}_job`) }).check();
  await page.getByRole("button", { name: "Acknowledge", exact: true }).click();
  await expect(page.getByText("No drift is like that")).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(table.getByRole("row")).toHaveCount(3);

  await page.goto("/o/acme/drift/ignores");
  const rules = page.getByRole("table", { name: "Ignore rules" });
  const rule = rules.getByRole("row").filter({ hasText: `${word}_job` });
  await expect(rule).toContainText("switched by the on-call");
  await expectAccessible(page);
  await rule.getByRole("button", { name: "Lift" }).click();
  await expect(rule).toContainText("lifted by");

  for (const part of ["repositories", "resources"]) {
    await page.goto(`/o/acme/drift/${part}`);
    await expect(page.getByRole("table").first()).toContainText(word);
    await expectAccessible(page);
  }
  // The browser tells of the one form that was refused.
  expect(errors.filter((error) => !error.includes("status of 400"))).toEqual([]);
});
