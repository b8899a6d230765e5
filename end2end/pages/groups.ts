import { expect, type APIRequestContext, type Locator, type Page } from "@playwright/test";

/** `/o/{organization}/groups` and a group's own page. */
export class GroupsPage {
  readonly table: Locator;
  readonly bar: Locator;
  readonly views: Locator;
  constructor(
    readonly page: Page,
    readonly organization = "acme",
  ) {
    this.table = page.getByRole("table", { name: "Groups of events" });
    this.bar = page.getByRole("toolbar", { name: "Selected rows" });
    this.views = page.getByRole("navigation", { name: "Views of the list" });
  }
  async open(query = "") {
    await this.page.goto(`/o/${this.organization}/groups${query}`);
    await expect(this.page.getByRole("heading", { name: "Groups", level: 1 })).toBeVisible();
  }
  async ready() {
    await expect(this.page.locator(":root[data-ready]")).toBeAttached();
  }
  row(text: string): Locator {
    return this.table.getByRole("row").filter({ hasText: text });
  }
  check(text: string): Locator {
    return this.row(text).getByRole("checkbox");
  }
  view(name: string): Locator {
    return this.views.getByRole("link", { name });
  }
}

/** A word of letters alone: numbers are slots, and would put the groups of all runs together. */
export function word(): string {
  return [...String(Date.now())].map((digit) => "abcdefghij"[Number(digit)]).join("");
}

/** Makes an API key of acme, as an administrator does. */
export async function makeKey(page: Page, ...scopes: string[]): Promise<string> {
  return makeKeyOf(page, "acme", ...scopes);
}

export async function makeKeyOf(page: Page, organization: string, ...scopes: string[]): Promise<string> {
  await page.goto(`/o/${organization}/settings/api-keys`);
  await page.getByRole("button", { name: "Make an API key" }).click();
  const dialog = page.getByRole("dialog", { name: "Make an API key" });
  await dialog.getByLabel("Name").fill(`groups ${Date.now()}`);
  for (const scope of scopes) {
    await dialog.getByRole("checkbox", { name: new RegExp(scope.replace(".", "\\.")) }).check();
  }
  await dialog.getByRole("button", { name: "Make the key" }).click();
  const secret = page.getByText(/^wr_[A-Za-z0-9]+$/).first();
  await expect(secret).toBeVisible();
  return (await secret.textContent())!.trim();
}

/** One event now for each message. */
export async function send(request: APIRequestContext, key: string, messages: string[]): Promise<void> {
  const at = new Date().toISOString();
  const answer = await request.post("/api/v1/events", {
    headers: { Authorization: `Bearer ${key}` },
    data: messages.map((message) => ({ occurred_at: at, severity: "high", message })),
  });
  expect(answer.status()).toBe(200);
}
