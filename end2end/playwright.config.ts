import { existsSync } from "node:fs";
import { defineConfig, devices } from "@playwright/test";

// Debian's browser where it is, else the one that Playwright brings (scripts/setup.sh test sees to either).
const debian = "/usr/bin/chromium";
const launchOptions = existsSync(debian)
  ? {
      executablePath: debian,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    }
  : {};

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  globalSetup: "./server.ts", // sets WATCHROOM_E2E_URL unless it is set
  reporter: [["list"]],
  workers: 2,
  retries: 0,
  // A debug server and axe on two busy cores: how long something may take is measured elsewhere.
  timeout: 90_000,
  // Another build of the browser draws the edges of letters a little differently.
  expect: { timeout: 15_000, toHaveScreenshot: { maxDiffPixelRatio: 0.01 } },
  snapshotPathTemplate: "{testDir}/../shots/{arg}{ext}",
  forbidOnly: !!process.env["CI"],
  use: {
    ...devices["Desktop Chrome"],
    baseURL: process.env["WATCHROOM_E2E_URL"],
    launchOptions,
    locale: "en-GB",
    timezoneId: "UTC",
    contextOptions: { reducedMotion: "reduce" },
    // A trace of everything costs a third of the time. To see one: make e2e ARGS="tests/x.spec.ts --trace retain-on-failure"
    trace: "off",
    screenshot: "only-on-failure",
  },
  projects: [
    {
      name: "chromium",
      testIgnore: /\.(narrow|nowasm)\.spec\.ts$/,
      use: { viewport: { width: 1440, height: 900 } },
    },
    {
      name: "narrow",
      testMatch: /\.narrow\.spec\.ts$/,
      use: { viewport: { width: 390, height: 844 }, hasTouch: true },
    },
    {
      // Pages read and simple writes work before the WASM arrives, or with it blocked.
      name: "no-wasm",
      testMatch: /\.nowasm\.spec\.ts$/,
      use: { viewport: { width: 1440, height: 900 }, javaScriptEnabled: false },
    },
  ],
});
