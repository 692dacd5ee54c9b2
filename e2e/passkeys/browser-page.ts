/** A page of the org's own origin in a real Chromium, and what such a page does with a passkey: the browser's own API, nothing in between. */
import type { Page } from "playwright-core";
import { type Authenticator, addAuthenticator, type Browser, startBrowser } from "../machine/browser.ts";

/** As a page posts it: same origin, cookies kept. */
export type Posted = { status: number; body: any };

export class OrgPage {
  readonly browser: Browser;
  readonly page: Page;
  readonly key: Authenticator;

  constructor(browser: Browser, page: Page, key: Authenticator) {
    this.browser = browser;
    this.page = page;
    this.key = key;
  }

  /** A new browser with one authenticator, on an empty page of the org's origin: the org's own pages load nothing that a story brings. */
  static async open(url: string, options?: Parameters<typeof addAuthenticator>[1]): Promise<OrgPage> {
    const browser = await startBrowser();
    const page = await browser.context.newPage();
    await page.route(`${url}/empty`, (route) => route.fulfill({ body: "<!doctype html><title>empty</title>", contentType: "text/html" }));
    await page.goto(`${url}/empty`);
    return new OrgPage(browser, page, await addAuthenticator(page, options));
  }

  post(path: string, body: object): Promise<Posted> {
    return this.page.evaluate(
      async ([to, json]) => {
        const answer = await fetch(to, { method: "POST", headers: { "content-type": "application/json" }, body: json });
        return { status: answer.status, body: await answer.json() };
      },
      [path, JSON.stringify(body)] as const,
    );
  }

  /** `navigator.credentials.create`, with options as the org gives them. */
  create(publicKey: object): Promise<any> {
    return this.page.evaluate(async (json: any) => {
      const bytes = (text: string) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
      const text = (buffer: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
      const made: any = await navigator.credentials.create({
        publicKey: {
          ...json,
          challenge: bytes(json.challenge),
          user: { ...json.user, id: bytes(json.user.id) },
          excludeCredentials: json.excludeCredentials.map((one: any) => ({ ...one, id: bytes(one.id) })),
        },
      });
      const { attestationObject, clientDataJSON } = made.response;
      return {
        attestation: text(attestationObject),
        clientData: text(clientDataJSON),
        transports: JSON.stringify(made.response.getTransports()),
        clientExtensions: JSON.stringify(made.getClientExtensionResults()),
      };
    }, publicKey as any);
  }

  /** `navigator.credentials.get`. @param named says which key answered; the public clients do not. */
  get(publicKey: object, named = true): Promise<any> {
    return this.page.evaluate(
      async ([json, says]: any) => {
        const bytes = (text: string) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
        const text = (buffer: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
        const allowCredentials = json.allowCredentials.map((one: any) => ({ ...one, id: bytes(one.id) }));
        const got: any = await navigator.credentials.get({ publicKey: { ...json, challenge: bytes(json.challenge), allowCredentials } });
        const { clientDataJSON, authenticatorData, signature, userHandle } = got.response;
        return {
          clientData: text(clientDataJSON),
          authenticatorData: text(authenticatorData),
          signatureData: text(signature),
          ...(says ? { credentialId: got.id, ...(userHandle ? { userHandle: text(userHandle) } : {}) } : {}),
        };
      },
      [publicKey, named] as any,
    );
  }

  /** What the authenticator holds. */
  async credentials(): Promise<any[]> {
    const { credentials } = await this.key.cdp.send("WebAuthn.getCredentials", { authenticatorId: this.key.id });
    return credentials;
  }
}
