/** Somebody who is signed in to the org's own pages, with the cookies that their browser has: public clients know nothing of these calls. */
import { type Answered, LOCAL_URL, type LocalOrg, type Someone } from "../machine/local-org.ts";

export class SignedIn {
  readonly #cookies = new Map<string, string>();

  /** By password and the code of this moment, which is used up by that. */
  static async of(org: LocalOrg, person: Someone): Promise<SignedIn> {
    const one = new SignedIn();
    const { body } = await one.call("POST", "/api/v1/authn", { username: person.login, password: person.password });
    const proof = { stateToken: body.stateToken, passCode: org.code(person) };
    const done = await one.call("POST", `/api/v1/authn/factors/${person.factor}/verify`, proof);
    const opened = await one.call("POST", "/api/v1/sessions", { sessionToken: done.body.sessionToken });
    if (opened.status !== 204) throw new Error(JSON.stringify(done.body));
    return one;
  }

  /** As the org's own pages send it. Redirects are not followed. */
  async call(method: string, path: string, body?: object): Promise<Answered> {
    const own = { origin: LOCAL_URL, "x-sallyport": "portal", ...(this.#cookies.size > 0 ? { cookie: this.cookie } : {}) };
    const answer = await fetch(`${LOCAL_URL}${path}`, {
      method,
      redirect: "manual",
      headers: body === undefined ? own : { ...own, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split("=", 2);
      this.#cookies.set(name, value);
    }
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith("{") ? JSON.parse(text) : undefined, headers: answer.headers };
  }

  stepUp(app: string): Promise<Answered> {
    return this.call("POST", "/api/v1/sessions/me/step-up", { app });
  }

  /** What a browser sends along with each call. */
  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }
}
