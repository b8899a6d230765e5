// browser.mjs URL E-MAIL PASSWORD: what a person feels, as a JSON line: interaction to next paint (web.dev/articles/inp: from the input to
// the next frame, as the browser's Event Timing tells it, in steps of 8 ms) and the longest task, on the event list with 200 rows of 30 days
// and, live, with 500 more.
import { existsSync } from "node:fs";
import { chromium } from "@playwright/test";

const [url, email, password] = process.argv.slice(2);
const debian = "/usr/bin/chromium";
const browser = await chromium.launch({ args: ["--no-sandbox", "--disable-gpu"], ...(existsSync(debian) ? { executablePath: debian } : {}) });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, baseURL: url });
await page.addInitScript(() => {
  window.felt = { inputs: [], tasks: [] };
  window.doing = "loading";
  new PerformanceObserver((list) => window.felt.inputs.push(...list.getEntries().filter((e) => e.interactionId).map((e) => [`${e.name} while ${window.doing}`, e.duration]))).observe({ type: "event", durationThreshold: 16, buffered: true });
  new PerformanceObserver((list) => window.felt.tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask", buffered: true });
});

await page.goto("/sign-in");
await page.getByLabel("E-mail").fill(email);
await page.getByLabel("Password", { exact: true }).fill(password);
await page.getByRole("button", { name: "Sign in" }).click();
await page.waitForURL(/\/o\//);
const organization = new URL(page.url()).pathname.split("/")[2];
await page.goto(`/o/${organization}/events?from=30d&limit=200`);
const rows = page.getByRole("row");
await rows.nth(150).waitFor();
await page.waitForLoadState("networkidle");
const loading = await page.evaluate(() => window.felt.tasks.splice(0));

const doing = (what) => page.evaluate((what) => (window.doing = what), what);
await doing("moving down and up");
for (let n = 0; n < 60; n += 1) await page.keyboard.press("j");
for (let n = 0; n < 20; n += 1) await page.keyboard.press("k");
await page.waitForTimeout(200);
await doing("opening the panel");
await page.keyboard.press("Enter");
await page.waitForURL(/event=/);
await page.waitForTimeout(1000);
await doing("going on in the panel");
for (let n = 0; n < 10; n += 1) {
  await page.keyboard.press("j");
  await page.waitForTimeout(100);
}
await doing("closing the panel");
await page.keyboard.press("Escape");
await page.waitForTimeout(500);
await doing("typing");
await page.keyboard.press("/");
await page.keyboard.type("component:comp", { delay: 30 });
await page.keyboard.press("Escape");
await page.waitForTimeout(500);
await doing("clicking a row");
await rows.nth(20).click();
await page.waitForTimeout(500);
await page.mouse.wheel(0, 4000);
await page.waitForTimeout(500);

const felt = await page.evaluate(() => window.felt);
// What Event Timing does not tell took less than 16 ms.
const worst = {};
for (const [what, ms] of felt.inputs) worst[what] = Math.max(worst[what] ?? 0, ms);
console.log(
  JSON.stringify({
    bench: "browser",
    rows: await rows.count(),
    interactions_over_16_ms: felt.inputs.length,
    worst_ms: Math.max(16, ...Object.values(worst)),
    worst,
    longest_task_while_loading_ms: Math.round(Math.max(0, ...loading)),
    longest_task_in_use_ms: Math.round(Math.max(0, ...felt.tasks)),
  }),
);
await browser.close();
