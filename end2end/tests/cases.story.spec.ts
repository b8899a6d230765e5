import { expect, test, type Browser, type Page } from "@playwright/test";
import { makeKeyOf, word } from "../pages/groups";
import { expectAccessible, signIn, sre, watchForErrors } from "../pages/room";

// Five people, each in a browser of their own.
test.describe.configure({ timeout: 300_000 });

const secret = "a sentence of mine";

/** Joins by the link, in a browser of one's own. */
async function join(browser: Browser, link: string, name: string): Promise<Page> {
  const page = await (await browser.newContext({ baseURL: new URL(link).origin })).newPage();
  await page.goto(link);
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(secret);
  await page.getByRole("button", { name: "Create the account and join" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  return page;
}

/** The link for a new member. */
async function invite(page: Page, organization: string, email: string, role: string): Promise<string> {
  await page.goto(`/o/${organization}/settings/members`);
  await page.getByRole("button", { name: "Invite a member" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite a member" });
  await dialog.getByLabel("E-mail").fill(email);
  await dialog.getByLabel("Role").selectOption(role);
  await dialog.getByRole("button", { name: "Invite", exact: true }).click();
  const link = await page.getByRole("dialog", { name: email }).locator("code").first().textContent();
  return (link ?? "").trim();
}

test("analysts work a case from suspicious events together, a supervisor closes it, an auditor takes it away and changes nothing", async ({ page, browser, request }) => {
  const organization = `story-${Date.now()}`;
  await signIn(page, sre);
  await page.goto("/organizations");
  await page.getByRole("button", { name: "New organization" }).click();
  const made = page.getByRole("dialog", { name: "New organization" });
  await made.getByLabel("Name", { exact: true }).fill(`Story ${organization}`);
  await made.getByLabel("Short name").fill(organization);
  await made.getByLabel("E-mail of the first admin").fill(`sam@${organization}.example`);
  await made.getByRole("button", { name: "Create the organization" }).click();
  const link = await page.getByRole("dialog", { name: `Story ${organization}` }).locator("code").first().textContent();
  const supervisor = await join(browser, (link ?? "").trim(), "Sam Supervisor");
  const people = [
    ["ana", "Ana Analyst", "analyst"],
    ["ben", "Ben Analyst", "analyst"],
    ["olga", "Olga Auditor", "viewer"],
  ] as const;
  const joined: Page[] = [];
  for (const [mailbox, name, role] of people) {
    joined.push(await join(browser, await invite(supervisor, organization, `${mailbox}@${organization}.example`, role), name));
  }
  const [ana, ben, auditor] = joined as [Page, Page, Page];
  await supervisor.goto(`/o/${organization}/settings/cases`);
  await supervisor.getByLabel("A second person closes cases").check();
  // Whoever leaves before the answer may take the request back.
  const saved = supervisor.waitForResponse((answer) => answer.url().includes("/fn/set_case_rules") && answer.ok());
  await supervisor.getByRole("button", { name: "Save", exact: true }).click();
  await saved;
  const key = await makeKeyOf(supervisor, organization, "event.write");
  const name = `burglar${word()}`;
  const at = (n: number) => new Date(Date.now() - 600_000 + n * 1000).toISOString();
  const sent = await request.post("/api/v1/events", {
    headers: { authorization: `Bearer ${key}` },
    data: Array.from({ length: 60 }, (_, n) => ({
      occurred_at: at(n),
      severity: n === 59 ? "critical" : "info",
      message: n === 59 ? `Accepted password for root from 203.0.113.9 by ${name}` : `heartbeat ${n} of web-1`,
      component: "sshd",
      system_id: "web-1",
    })),
  });
  expect(sent.ok()).toBe(true);

  // Ana finds it among the rest and opens a case of it.
  const errors = watchForErrors(ana);
  await ana.goto(`/o/${organization}/events?q=severity%3E%3Dhigh`);
  const events = ana.getByRole("table", { name: "Events, newest first" });
  await expect(events.getByRole("row")).toHaveCount(2);
  await events.getByRole("row").nth(1).click();
  await ana.getByRole("link", { name: "New case" }).click();
  const open = ana.getByRole("dialog", { name: "Open a case" });
  await open.getByLabel("Title").fill("Somebody is root who should not be");
  await open.getByLabel("Severity").selectOption("critical");
  await open.getByRole("button", { name: "Open the case" }).click();
  await expect(ana.getByRole("heading", { level: 1, name: "Somebody is root who should not be" })).toBeVisible();
  const address = ana.url();

  // Ben is in it at the same time; what both write is there.
  await ben.goto(address);
  await ana.getByRole("button", { name: "Investigate" }).click();
  await ana.getByLabel("Write a note").fill("Sessions are revoked.");
  await ana.getByLabel("Write a note").press("Control+Enter");
  await ben.getByLabel("Write a note").fill("The address is a guest of ours.");
  await ben.getByLabel("Write a note").press("Control+Enter");
  const timeline = ben.locator("ol.timeline");
  await expect(timeline.getByText("The address is a guest of ours.")).toBeVisible();
  await expect(timeline.getByText("Sessions are revoked.")).toBeVisible();
  await ben.getByRole("navigation", { name: "Parts of the case" }).getByRole("link", { name: /^Observables/ }).click();
  await ben.getByLabel("Add observables").fill("203.0.113.9");
  await ben.getByRole("button", { name: "Add", exact: true }).click();
  await expect(ben.getByRole("table", { name: "Observables" }).getByRole("row", { name: /203\.0\.113\.9/ })).toBeVisible();

  // Ana asks; nobody closes what they asked for; Sam returns it once, then closes it.
  const ask = async (why: string) => {
    await ana.goto(address);
    await ana.getByRole("button", { name: "Ask for review" }).click();
    await ana.getByRole("dialog").getByLabel("Why").fill(why);
    await ana.getByRole("dialog").getByRole("button", { name: /the case/ }).click();
    await expect(ana.getByText("Somebody else has to answer.")).toBeVisible();
    await expect(ana.getByRole("button", { name: "Close the case" })).toHaveCount(0);
  };
  await ask("The key was stolen and is rotated.");
  await supervisor.goto(address);
  await supervisor.getByLabel("Why it goes back").fill("Who had the key?");
  await supervisor.getByRole("button", { name: "Return it" }).click();
  await expect(supervisor.getByText(/returned it to/)).toBeVisible();
  await ask("Ben's laptop had it; it is rotated.");
  await supervisor.goto(address);
  await supervisor.getByRole("button", { name: "Close the case" }).click();
  await expect(supervisor.getByText(/resolved it as true positive/)).toBeVisible();
  expect(errors).toEqual([]);

  // Olga reads all of it, takes it away, and changes nothing.
  await auditor.goto(address);
  await expect(auditor.getByText(/resolved it as true positive/)).toBeVisible();
  for (const change of ["Reopen", "Edit", "Investigate", "Resolve"]) {
    await expect(auditor.getByRole("button", { name: change, exact: true })).toHaveCount(0);
  }
  await expect(auditor.getByLabel("Write a note")).toHaveCount(0);
  await expectAccessible(auditor);
  const bundle = await auditor.request.get(`${address}/export`);
  expect(bundle.status()).toBe(200);
  expect((await bundle.body()).subarray(0, 2).toString()).toBe("PK");
  const attempt = await auditor.request.post("/fn/add_note", {
    form: { organization, id: address.split("/").pop() ?? "", body: "I was here" },
    headers: { origin: new URL(address).origin },
  });
  expect(attempt.ok()).toBe(false);
  await supervisor.goto(`/o/${organization}/audit`);
  await expect(supervisor.getByRole("table").getByText("Olga Auditor").or(supervisor.getByRole("table").getByText(`olga@${organization}.example`)).first()).toBeVisible();

  // And of another organization it is not there.
  expect((await page.request.get(address.replace(`/o/${organization}/`, "/o/globex/"))).status()).toBe(404);
  for (const person of [supervisor, ana, ben, auditor]) await person.context().close();
});
