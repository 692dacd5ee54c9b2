/** The phone approver in a real Chromium of a phone's width, and the logons of a machine that ask it. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { type Browser, startBrowser } from "../machine/browser.ts";
import { LOCAL_URL, type LocalOrg, type PageHost, type Someone } from "../machine/local-org.ts";
import { ROOT } from "../machine/processes.ts";

const AXE = readFileSync(join(ROOT, "node_modules/axe-core/axe.min.js"), "utf8");
const SHOTS = join(import.meta.dirname, "shots");

export class Approver {
  readonly browser: Browser;
  readonly page: Page;
  /** What must not happen: complaints of the browser, errors of the page, calls to another origin. */
  readonly faults: string[] = [];

  constructor(browser: Browser, page: Page, url: string) {
    this.browser = browser;
    this.page = page;
    page.on("request", (request) => {
      if (!request.url().startsWith(`${url}/`)) this.faults.push(`a call to ${request.url()}`);
    });
    page.on("pageerror", (error) => this.faults.push(`an error of the page: ${error.message}`));
    page.on("console", (said) => {
      if (/Content Security Policy|Refused to/i.test(said.text())) this.faults.push(said.text());
    });
  }

  /** @param path such as `/phone#CODE`. */
  static async open({ path = "/phone", url = LOCAL_URL, ignoreHTTPSErrors = false } = {}): Promise<Approver> {
    const browser = await startBrowser({ width: 360, height: 740, ...(ignoreHTTPSErrors ? { ignoreHTTPSErrors } : {}) });
    const page = browser.context.pages()[0] ?? (await browser.context.newPage());
    const approver = new Approver(browser, page, url);
    await page.goto(`${url}${path}`);
    return approver;
  }

  /** Waits for the heading of a card. */
  async at(title: string): Promise<void> {
    await this.page.getByRole("heading", { name: title, exact: true }).first().waitFor();
  }

  async says(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  async press(name: string): Promise<void> {
    await this.page.getByRole("button", { name, exact: true }).first().click();
  }

  async fill(label: string, text: string): Promise<void> {
    await this.page.getByLabel(label, { exact: true }).fill(text);
  }

  /** A person types the code of an administrator. */
  async activate(code: string, name = "phone"): Promise<void> {
    await this.at("Activate this phone");
    await this.fill("Activation code", code);
    await this.fill("Name of this phone", name);
    await this.press("Activate");
    await this.at("Nothing waits for you");
  }

  /** Types the number of the logon and says yes. */
  async approve(number: number | string): Promise<void> {
    await this.at("Is this you?");
    await this.fill("Number shown at the logon", String(number));
    await this.press("Approve");
  }

  /** The card that says how a request ended; read, and put away. */
  async ended(title: string): Promise<void> {
    await this.at(title);
    await this.press("Done");
  }

  /** WCAG 2.2 A and AA, as far as a machine can tell. */
  async accessible(where: string): Promise<void> {
    await this.page.evaluate(AXE);
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const found: any = await this.page.evaluate(`axe.run({ runOnly: ${JSON.stringify(tags)} })`);
    const lines = found.violations.map((one: any) => `${one.id}: ${one.help}: ${one.nodes.map((node: any) => node.html).join(" | ")}`);
    assert.deepEqual(lines, [], where);
    assert.ok(found.passes.length > 10, `${where}: axe looked at something`);
  }

  /** Both languages, light and dark, phone and desk: nothing for axe, nothing wider than the screen, nothing too small for a thumb. */
  async looks(name: string): Promise<void> {
    const { page } = this;
    mkdirSync(SHOTS, { recursive: true });
    for (const other of ["Deutsch", "English"]) {
      await page.getByRole("button", { name: other, exact: true }).click();
      for (const colorScheme of ["light", "dark"] as const)
        for (const width of [360, 1280]) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
          const where = `${name}-${other === "Deutsch" ? "de" : "en"}-${colorScheme}-${width}`;
          assert.equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true, `${where}: wider than the screen`);
          assert.deepEqual(await page.evaluate(TOO_SMALL), [], where);
          if (width === 360) await this.accessible(where);
          await page.screenshot({ path: join(SHOTS, `${where}.png`), fullPage: true });
        }
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 360, height: 740 });
  }

  async close(): Promise<void> {
    assert.deepEqual(this.faults, []);
    await this.browser.close();
  }
}

/** What is pressed is 44 px high and wide at least. */
const TOO_SMALL = `[...document.querySelectorAll("button, input")]
  .map((one) => ({ text: one.textContent || one.id, box: one.getBoundingClientRect() }))
  .filter(({ box }) => box.height < 44 || box.width < 44).map(({ text, box }) => text + " " + box.width + "×" + box.height)`;

/** A phone factor that waits for its code. */
export async function newPhone(org: LocalOrg, { id }: Someone): Promise<{ factor: string; code: string; qr: string }> {
  const made = await org.call("POST", `/api/v1/users/${id}/factors`, { factorType: "push", provider: "OKTA" });
  return { factor: made.id, code: made._embedded.activation.code, qr: made._embedded.activation._links.qrcode.href };
}

/** A logon at the machine that asked the phone. */
export interface Asked {
  stateToken: string;
  number: number;
  reference: string;
  /** How it stands, as the machine hears it. */
  poll(): Promise<any>;
}

export async function askPhone(machine: PageHost, one: Someone, factor: string): Promise<Asked> {
  const asked = await machine.ask(one, "agent");
  const { stateToken } = asked.body;
  const poll = async () => (await machine.call(`/api/v1/authn/factors/${factor}/verify`, { stateToken })).body;
  const first = await poll();
  assert.equal(first.factorResult, "WAITING", JSON.stringify(first));
  return { stateToken, number: first._embedded.factor._embedded.challenge.correctAnswer, reference: asked.reference, poll };
}

/** Any number of two digits but this one. */
export const otherThan = (number: number) => String(number === 42 ? 43 : 42);
