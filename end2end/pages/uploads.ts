import { expect, type Page } from "@playwright/test";

/** A CSV whose column names no tool knows, with one row that cannot be read. */
export function oddCsv(marker: string): { name: string; mimeType: string; buffer: Buffer } {
  const now = new Date().toISOString();
  const rows = [`when,how_bad,what,unit`, `${now},high,disk ${marker} is full,db-01`, `${now},low,disk ${marker} was swept,db-01`, `soon,low,disk ${marker} will fail,db-02`];
  return { name: `odd-${marker}.csv`, mimeType: "text/csv", buffer: Buffer.from(`${rows.join("\n")}\n`) };
}

/** From choosing the file to the page that maps its columns. */
export async function upload(page: Page, file: { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
  await page.goto("/o/acme/uploads");
  await page.getByLabel("Choose a file or drop it here").setInputFiles(file);
  await page.getByRole("button", { name: "Upload and look" }).click();
  await expect(page).toHaveURL(/\/uploads\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("heading", { name: file.name, level: 1 })).toBeVisible();
}

/** Says what the columns of `oddCsv` hold. */
export async function mapOdd(page: Page): Promise<void> {
  for (const [column, field] of [["when", "Time"], ["how_bad", "Severity"], ["what", "Message"], ["unit", "System"]] as const) {
    await page.getByLabel(`Field for ${column}`).selectOption(field);
  }
}
