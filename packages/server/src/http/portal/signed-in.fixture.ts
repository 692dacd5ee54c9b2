/** Somebody who signs in to the org's own pages in a test: real routes, the code that their app shows, a browser's headers and cookies. */
import { Secret, TOTP } from "otpauth";
import type { Answer, TestOrg } from "../org.fixture.ts";
import { ORG_URL } from "../org.fixture.ts";

export const PASSWORD = "correct horse battery staple";
/** What a browser sends from one of our pages. */
export const OWN_PAGES = { origin: ORG_URL, "sec-fetch-site": "same-origin", "x-sallyport": "portal" };

export interface Someone {
  id: string;
  login: string;
  factor: string;
  /** What their app shows at this moment. */
  code(at: number): string;
}

export async function makeSomeone(org: TestOrg, login: string): Promise<Someone> {
  const made = await org.call("owner", "POST", "/api/v1/users?activate=true", {
    profile: { login },
    credentials: { password: { value: PASSWORD } },
  });
  const { id } = made.body;
  const totp = { factorType: "token:software:totp", provider: "GOOGLE" };
  const enrolled = await org.call("owner", "POST", `/api/v1/users/${id}/factors?activate=true`, totp);
  const app = new TOTP({ secret: Secret.fromBase32(enrolled.body._embedded.activation.sharedSecret) });
  return { id, login, factor: enrolled.body.id, code: (timestamp) => app.generate({ timestamp }) };
}

/** A browser with its cookies. */
export class TestBrowser {
  readonly #org: TestOrg;
  readonly cookies = new Map<string, string>();

  constructor(org: TestOrg) {
    this.#org = org;
  }

  /** @param change of the headers that our pages send. */
  async call(method: string, url: string, body?: unknown, change: Record<string, string | undefined> = {}): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const all = { ...OWN_PAGES, "user-agent": "Test/1.0", ...(cookie === "" ? {} : { cookie }), ...change };
    const headers = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<string, string>;
    const answer = await this.#org.inject({
      method: method as "GET",
      url,
      headers,
      ...(body === undefined ? {} : { payload: body as object }),
    });
    for (const line of [answer.headers["set-cookie"] ?? []].flat()) this.#keep(String(line));
    return answer;
  }

  #keep(line: string): void {
    const [pair = ""] = line.split(";");
    const [name = "", value = ""] = pair.split("=", 2);
    if (/max-age=0/i.test(line)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }

  /** Up to the session token. The clock moves on by a minute, so that the code is a new one. */
  async prove(one: Someone): Promise<string> {
    this.#org.clock.now += 60_000;
    const opened = await this.call("POST", "/api/v1/authn", { username: one.login, password: PASSWORD });
    const { stateToken } = opened.body;
    const passCode = one.code(this.#org.clock.now);
    const done = await this.call("POST", `/api/v1/authn/factors/${one.factor}/verify`, { stateToken, passCode });
    if (done.body.status !== "SUCCESS") throw new Error(`not signed in: ${opened.text} ${done.text}`);
    return done.body.sessionToken;
  }

  async signIn(one: Someone): Promise<void> {
    const sessionToken = await this.prove(one);
    const opened = await this.call("POST", "/api/v1/sessions", { sessionToken });
    if (opened.status !== 204) throw new Error(`no session: ${opened.text}`);
  }

  get session(): string | undefined {
    return this.cookies.get("__Host-sallyport");
  }
}
