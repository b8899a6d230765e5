import { expect, type Locator, type Page } from "@playwright/test";

/** `/o/{organization}/events`. */
export class EventsPage {
  readonly rows: Locator;
  readonly panel: Locator;
  readonly search: Locator;
  /** The button of the cell that the pointer or the focus is in, and what its menu holds. */
  readonly cellMenu: Locator;
  readonly cellItems: Locator;
  constructor(
    readonly page: Page,
    readonly organization = "acme",
  ) {
    this.rows = page.getByRole("table", { name: /^Events, / }).locator("tbody tr");
    this.panel = page.getByRole("complementary", { name: "Event" });
    this.search = page.getByRole("combobox", { name: "Query" });
    this.cellMenu = page.getByTitle("Cell menu");
    this.cellItems = page.locator(".cell-menu > .items");
  }
  async open(query = "") {
    await this.page.goto(`/o/${this.organization}/events${query}`);
    await expect(this.page.getByRole("heading", { name: "Events", level: 1 })).toBeVisible();
  }
  /** The WASM runs: keys and the panel work without a page load. */
  async ready() {
    await expect(this.page.locator(":root[data-ready]")).toBeAttached();
  }
  /** The link of a facet's value, or what can be done with it: `Exclude`, `Only`. */
  facet(field: string, value: string, tool = ""): Locator {
    const name = tool ? `${tool} ${value}` : new RegExp(`^${value}\\b`);
    return this.page
      .getByRole("navigation", { name: "Filters" })
      .getByRole("group")
      .filter({ has: this.page.getByText(field, { exact: true }) })
      .getByRole("link", { name, exact: true });
  }
  cellEntry(name: string): Locator {
    return this.cellItems.getByRole("link", { name, exact: true });
  }
  link(row: number): Locator {
    return this.rows.nth(row).getByRole("link");
  }
  async openRow(row: number) {
    await this.link(row).click();
    await expect(this.panel).toBeVisible();
  }
}
