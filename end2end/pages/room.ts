// What every spec needs: the demo's accounts, signing in, axe.
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

export const PASSWORD = "watchroom-demo-2026";
export const admin = "ada@acme.example";
export const viewer = "vera@acme.example";
export const otherAdmin = "gil@globex.example";
export const sre = "sre@watchroom.example";

/** Signs in by sending what the form sends: the page stays where it is, and most specs look at something else than the form. */
export async function signIn(page: Page, email = admin, password = PASSWORD): Promise<void> {
  const headers = { "Sec-Fetch-Site": "same-origin" };
  const answer = await page.request.post("/sign-in", { form: { email, password }, headers, maxRedirects: 0 });
  expect(answer.status()).toBe(303);
  expect(answer.headers()["location"]).not.toMatch(/\/sign-in/);
}

/** Signs in with the form as a person would. */
export async function signInByForm(page: Page, email = admin, password = PASSWORD): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).not.toHaveURL(/\/sign-in/);
}

/** No accessibility violation of WCAG 2.2 A and AA. Axe looks at the size of targets (2.5.8) only when it is told to. `part`: a selector. */
export async function expectAccessible(page: Page, part?: string): Promise<void> {
  const rules = { "target-size": { enabled: true } };
  const axe = new AxeBuilder({ page }).options({ rules });
  const { violations } = await (part ? axe.include(part) : axe).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(" | ")}`)).toEqual([]);
}

/** Fails the test on a script error (a hydration mismatch is one). Call before the first navigation. */
export function watchForErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  return errors;
}
