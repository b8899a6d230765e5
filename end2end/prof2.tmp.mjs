import { chromium } from "@playwright/test";
import { writeFileSync } from "node:fs";
const browser = await chromium.launch({ args: ["--no-sandbox","--disable-gpu"], executablePath: "/usr/bin/chromium" });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, baseURL: "http://127.0.0.1:3111" });
await page.goto("/sign-in");
await page.getByLabel("E-mail").fill("ada@acme.example");
await page.getByLabel("Password", { exact: true }).fill("watchroom-demo-2026");
await page.getByRole("button", { name: "Sign in" }).click();
await page.waitForURL(/\/o\//);
const LOAD=1;

await page.waitForLoadState("networkidle");

await page.waitForTimeout(300);
const events = [];
const cdp = await page.context().newCDPSession(page);
cdp.on("Tracing.dataCollected", (e) => events.push(...e.value));
await cdp.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["devtools.timeline","disabled-by-default-devtools.timeline","blink.user_timing","v8","disabled-by-default-devtools.timeline.invalidationTracking"] } });
await page.goto(process.argv[2]);
await page.waitForLoadState("networkidle");
await page.waitForTimeout(1000);
const done = new Promise((r) => cdp.once("Tracing.tracingComplete", r));
await cdp.send("Tracing.end"); await done;
const sum = {};
for (const e of events) if (e.ph === "X" && e.dur > 1000) { (sum[e.name] ??= [0,0,0]); sum[e.name][0] += e.dur/1000; sum[e.name][1]++; sum[e.name][2]=Math.max(sum[e.name][2], e.dur/1000); }
for (const [k, v] of Object.entries(sum).sort((a,b)=>b[1][0]-a[1][0]).slice(0,22)) console.log(k, v.map((x)=>Math.round(x)).join(" "));
for (const e of events.filter((e)=>e.ph==="X" && (e.name==="UpdateLayoutTree"||e.name==="Layout") && e.dur>3000)) console.log(e.name, Math.round(e.dur/1000), JSON.stringify(e.args).slice(0,300));
await browser.close();
for (const e of events.filter((e)=>e.ph==="X" && e.name==="RunTask" && e.dur>50000)) { console.log("TASK", Math.round(e.dur/1000)); for (const f of events.filter((f)=>f.ph==="X"&&f.tid===e.tid&&f.ts>e.ts&&f.ts+f.dur<=e.ts+e.dur&&f.dur>8000)) console.log("   ", f.name, Math.round(f.dur/1000), Math.round((f.ts-e.ts)/1000), (f.args?.data?.url||f.args?.data?.functionName||"").slice(-60)); }
