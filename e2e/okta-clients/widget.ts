/** Okta's sign-in widget as it is published, in a real Chromium, on the org's own origin under a strict policy: what a person sees and does there. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Page, Route } from "playwright-core";
import { type Browser, startBrowser } from "../machine/browser.ts";
import { LOCAL_URL } from "../machine/local-org.ts";
import { run, until } from "../machine/processes.ts";

const DIST = join(import.meta.dirname, "node_modules/@okta/okta-signin-widget/dist");
const SHOTS = join(import.meta.dirname, "shots");
const NONCE = "c3Rvcnktbm9uY2U";
/** The strictest policy that the widget is known to work under: no inline script or style without the nonce, nobody else's origin. */
const POLICY = [
  "default-src 'none'",
  `script-src 'nonce-${NONCE}'`,
  `style-src 'self' 'nonce-${NONCE}'`,
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
].join("; ");
/**
 * The widget drops a submit within 200 ms of another, and an answer's error within 100 ms of another: its forms (courage's BaseForm) throttle
 * both without a trailing call, and say so by no event. A person is slower; a story must be as well, or it waits for a complaint that never comes.
 */
const DEAF_MS = 250;
const TYPES: Record<string, string> = {
  js: "text/javascript",
  css: "text/css",
  json: "application/json",
  woff2: "font/woff2",
  woff: "font/woff",
};

/** One call of the widget to the org. */
export interface Exchange {
  /** `POST /api/v1/authn/introspect` */
  call: string;
  sent: any;
  status: number;
  got: any;
}

export interface Outcome {
  kind: "success" | "error";
  status?: string;
  type?: string;
  user?: any;
  sessionToken?: string;
  /** Where a step-up goes on. */
  stepUp?: string;
  name?: string;
  message?: string;
}

export class Widget {
  readonly page: Page;
  readonly exchanges: Exchange[] = [];
  /** What must not happen: complaints of the browser, calls to another origin. */
  readonly faults: string[] = [];
  readonly #browser: Browser;
  /** Calls that went out. */
  #asked = 0;
  /** When the widget hears the next submit, and what is wrong with it, by `Date.now()`. */
  #listensAt = 0;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
  }

  static async open({ locale = "en-GB", width = 1280 } = {}): Promise<Widget> {
    const browser = await startBrowser({ locale, width });
    const page = browser.context.pages()[0] ?? (await browser.context.newPage());
    const widget = new Widget(browser, page);
    await widget.#listen();
    return widget;
  }

  async #listen(): Promise<void> {
    const { page } = this;
    page.on("request", (request) => {
      const url = request.url();
      if (url.startsWith(`${LOCAL_URL}/api/`)) this.#asked += 1;
      if (!url.startsWith(`${LOCAL_URL}/`) && !/^(data|blob|about):/.test(url)) this.faults.push(`a call to ${url}`);
    });
    page.on("pageerror", (error) => this.faults.push(`an error of the page: ${error.message}`));
    page.on("console", (said) => {
      if (/Content Security Policy/i.test(said.text())) this.faults.push(said.text());
    });
    page.on("response", async (response) => {
      const url = new URL(response.url());
      if (!url.pathname.startsWith("/api/") && !url.pathname.startsWith("/login/")) return;
      const request = response.request();
      const exchange: Exchange = {
        call: `${request.method()} ${url.pathname}${url.search}`,
        sent: request.postDataJSON(),
        status: response.status(),
        got: undefined,
      };
      this.exchanges.push(exchange);
      exchange.got = await response.json().catch(() => undefined);
    });
    await page.route(`${LOCAL_URL}/widget/**`, (route) => serveFile(route));
  }

  /** Shows the widget, with a state token or, without one, its password form. */
  async show(options: { stateToken?: string; language?: string; features?: object } = {}): Promise<void> {
    const { stateToken, language = "en", features = {} } = options;
    const config = {
      baseUrl: LOCAL_URL,
      useClassicEngine: true,
      ...(stateToken === undefined ? {} : { stateToken }),
      language,
      assets: { baseUrl: "/widget" },
      cspNonce: NONCE,
      features: { router: false, webauthn: true, mfaOnlyFlow: stateToken !== undefined, multiOptionalFactorEnroll: true, ...features },
    };
    await this.page.unroute(`${LOCAL_URL}/widget-page`);
    await this.page.route(`${LOCAL_URL}/widget-page`, (route) =>
      route.fulfill({ contentType: "text/html", headers: { "content-security-policy": POLICY }, body: pageOf(config) }),
    );
    await this.page.goto(`${LOCAL_URL}/widget-page`);
    await this.page.locator("#okta-sign-in .auth-content-inner").waitFor();
  }

  /** @param between while the page is away. */
  async reload(between: () => Promise<unknown> = async () => undefined): Promise<void> {
    await this.page.goto("about:blank");
    await between();
    await this.page.goto(`${LOCAL_URL}/widget-page`);
  }

  /** The form that stands there now, by the widget's own name for it: `mfa-verify-totp`. */
  form(name: string) {
    return this.page.locator(`form.${name}, .${name} form, [data-se="${name}"]`).first();
  }

  async type(code: string): Promise<void> {
    await this.page.locator('input[name="answer"], input[name="passCode"]').first().fill(code);
  }

  /**
   * By the keyboard, since a complaint that comes or goes moves the button away from below the mouse. Pressed once, or a code might be sent
   * twice. @param within which form, where there are several; while one slides away there are two.
   */
  async submit(within?: string): Promise<void> {
    const buttons = this.page.locator(`${within ?? "form"} input[type="submit"]`);
    await until("one form that takes a submit", () => buttons.evaluateAll(([one, more]) => one?.matches(":enabled") && more === undefined));
    await setTimeout(Math.max(0, this.#listensAt - Date.now()));
    const before = this.#asked;
    await buttons.press("Enter");
    this.#listensAt = Date.now() + DEAF_MS;
    await until("a call of the widget", () => this.#asked > before);
  }

  /** Submits, and waits for the answer. */
  async submitted(): Promise<Exchange> {
    const before = this.exchanges.length;
    await this.submit();
    return until("an answer", () => this.exchanges.slice(before).find(({ got }) => got !== undefined));
  }

  /** Nothing happened on the page that must not; forgets the story so far. */
  quiet(): void {
    const faults = this.faults.splice(0);
    this.exchanges.length = 0;
    if (faults.length > 0) throw new Error(faults.join("\n"));
  }

  /** What the widget says is wrong. */
  async complaint(): Promise<string> {
    const box = this.page.locator(".okta-form-infobox-error, .infobox-error").first();
    await box.waitFor();
    this.#listensAt = Date.now() + DEAF_MS;
    return (await box.innerText()).trim();
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.page.locator("#okta-sign-in").getByText(text).first().waitFor();
    this.#listensAt = Date.now() + DEAF_MS;
  }

  /** How it ended: what the page is told by the widget. */
  async outcome(): Promise<Outcome> {
    return until("an end that the page is told of", () => this.outcomeNow());
  }

  /** The same, without waiting for it. */
  outcomeNow(): Promise<Outcome | undefined> {
    return this.page.evaluate("window.outcome");
  }

  /** The last call, with its answer: the page may show what is in it before the story has read it. */
  async lastCall(): Promise<Exchange> {
    return until("the answer to the last call", () => {
      const last = this.exchanges.at(-1);
      return last?.got === undefined ? undefined : last;
    });
  }

  /** Waits until the last call was one whose path ends so, and was answered. */
  async called(end: string): Promise<Exchange> {
    return until(`a call of …/${end}`, () => {
      const last = this.exchanges.at(-1);
      return last?.got !== undefined && last.call.split("?")[0]?.endsWith(`/${end}`) ? last : undefined;
    });
  }

  /** What a phone reads from the picture on the screen. */
  scan(): Promise<URL> {
    return until("a code that a phone can read", async () => {
      const file = "/tmp/qr.png";
      await this.page.screenshot({ path: file });
      const { code, stdout } = await run("zbarimg", ["--quiet", "--raw", file]);
      return code === 0 ? new URL(stdout.trim()) : undefined;
    });
  }

  /** The calls so far, without queries. */
  calls(): string[] {
    return this.exchanges.map(({ call }) => call.split("?")[0] ?? "");
  }

  /** A picture into `shots/`, for whoever looks. */
  async shoot(name: string): Promise<void> {
    mkdirSync(SHOTS, { recursive: true });
    await this.page.waitForLoadState("networkidle").catch(() => {});
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`), animations: "disabled" });
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

function serveFile(route: Route): Promise<void> {
  const path = decodeURIComponent(new URL(route.request().url()).pathname).slice("/widget/".length);
  const type = TYPES[path.split(".").at(-1) ?? ""];
  if (path.includes("..")) return route.fulfill({ status: 404 });
  try {
    const body = readFileSync(join(DIST, path));
    return route.fulfill({ body, ...(type ? { contentType: type } : {}) });
  } catch {
    return route.fulfill({ status: 404 });
  }
}

function pageOf(config: object): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/widget/css/okta-sign-in.min.css">
<script nonce="${NONCE}" src="/widget/js/okta-sign-in.classic.min.js"></script></head><body><div id="w"></div>
<script nonce="${NONCE}">
const signIn = new OktaSignIn(${JSON.stringify(config)});
signIn.renderEl({ el: "#w" },
  (res) => { window.outcome = { kind: "success", status: res.status, type: res.type, user: res.user, sessionToken: res.session && res.session.token, stepUp: res.stepUp && res.stepUp.url }; },
  (err) => { window.outcome = { kind: "error", name: err.name, message: err.message }; });
</script></body></html>`;
}
