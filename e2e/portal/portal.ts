/** The org's own pages in a real Chromium: what a person sees and does there, and what must never happen on any of them. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { type Browser, startBrowser } from "../machine/browser.ts";
import { LOCAL_URL, type Someone } from "../machine/local-org.ts";
import { codeOf } from "../machine/org.ts";
import { ROOT } from "../machine/processes.ts";

const AXE = readFileSync(join(ROOT, "node_modules/axe-core/axe.min.js"), "utf8");
const SHOTS = join(import.meta.dirname, "shots");

export class Portal {
  readonly page: Page;
  /** What must not happen: complaints of the browser, errors of the page, calls to another origin. */
  readonly faults: string[] = [];
  readonly browser: Browser;
  /** The org's last refusal, for whoever reads why a story failed. */
  refused = "";

  constructor(browser: Browser, page: Page) {
    this.browser = browser;
    this.page = page;
    this.#listen(page);
  }

  static async open({ locale = "en-GB", width = 1280, height = 900 } = {}): Promise<Portal> {
    const browser = await startBrowser({ locale, width, height });
    return new Portal(browser, browser.context.pages()[0] ?? (await browser.context.newPage()));
  }

  #listen(page: Page): void {
    page.on("response", async (response) => {
      if (response.status() < 400) return;
      this.refused = `${response.status()} ${new URL(response.url()).pathname} ${await response.text().catch(() => "")}`;
    });
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(`${LOCAL_URL}/`) && !url.startsWith("data:") && url !== "about:blank") this.faults.push(`a call to ${url}`);
    });
    page.on("pageerror", (error) => this.faults.push(`an error of the page: ${error.message}`));
    page.on("console", (said) => {
      if (/Content Security Policy|Refused to|deprecat/i.test(said.text())) this.faults.push(said.text());
    });
  }

  /** Another tab of the same browser. */
  async tab(): Promise<Portal> {
    return new Portal(this.browser, await this.browser.context.newPage());
  }

  async go(path: string): Promise<void> {
    await this.page.goto(`${LOCAL_URL}${path}`);
  }

  /** Waits until the page is at the step with this heading. */
  async at(title: string): Promise<void> {
    try {
      await this.page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
    } catch {
      const shown = await this.page.locator("main").innerText();
      throw new Error(
        `the page is not at "${title}", but says: ${shown.replaceAll(/\s+/g, " ").slice(0, 400)}; refused last: ${this.refused}`,
      );
    }
  }

  async says(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  async press(name: string | RegExp): Promise<void> {
    await this.page.getByRole("button", { name, exact: typeof name === "string" }).click();
  }

  async fill(label: string, text: string): Promise<void> {
    await this.page.getByLabel(label, { exact: true }).fill(text);
  }

  /** From the password form to whatever comes after it. */
  async password(one: Someone, password = one.password): Promise<void> {
    await this.go("/signin");
    await this.at("Sign in");
    await this.fill("User name", one.login);
    await this.fill("Password", password);
    await this.press("Continue");
  }

  /** With the code of an authenticator app, all the way to the account. @param at what the org takes for now */
  async signIn(one: Someone, at?: Date): Promise<void> {
    await this.password(one);
    await this.at("Code from your app");
    await this.fill("Code", codeOf(one, at));
    await this.press("Continue");
    await this.at("Your account");
  }

  /** WCAG 2.2 A and AA, as far as a machine can tell. */
  async accessible(where: string): Promise<void> {
    await this.page.evaluate(AXE);
    const found: any = await this.page.evaluate(
      `axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })`,
    );
    const lines = found.violations.map((one: any) => `${one.id}: ${one.help}: ${one.nodes.map((node: any) => node.html).join(" | ")}`);
    assert.deepEqual(lines, [], where);
    assert.ok(found.passes.length > 10, `${where}: axe looked at something`);
  }

  /**
   * The present step in both languages, light and dark, on a phone and on a desk: nothing for axe to find, nothing wider than the screen,
   * and a picture of it to judge.
   */
  async looks(name: string): Promise<void> {
    const { page } = this;
    for (const [language, other] of [
      ["en", "English"],
      ["de", "Deutsch"],
    ] as const) {
      const button = page.getByRole("button", { name: other, exact: true });
      if (await button.isVisible()) await button.click();
      await page.locator(`html[lang="${language}"]`).waitFor({ state: "attached" });
      for (const colorScheme of ["light", "dark"] as const)
        for (const width of [360, 1280]) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
          const where = `${name}, ${language}, ${colorScheme}, ${width}`;
          assert.equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true, `${where}: wider than the screen`);
          if (width === 360) await this.accessible(where);
          await this.shot(`${name}-${language}-${colorScheme}-${width}`);
        }
    }
    await page.getByRole("button", { name: "English", exact: true }).click();
    await page.emulateMedia({ colorScheme: "light" });
  }

  async shot(name: string): Promise<void> {
    mkdirSync(SHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}
