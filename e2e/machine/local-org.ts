/** A real org on http://localhost, where a browser gives out passkeys without a certificate; people, their logons, and a clock that can be set. */
import { writeFileSync } from "node:fs";
import { callOrg } from "./admin-socket.ts";
import { type Enrolled, HostKey, question, readEnrolled } from "./host-link.ts";
import { codeOf, type Person } from "./org.ts";
import { COMMAND, Daemon, run } from "./processes.ts";

const PORT = 8080;
export const LOCAL_URL = `http://localhost:${PORT}`;
const CLOCK = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
export const PASSWORD = "correct horse battery staple";

export interface Answered {
  status: number;
  body: any;
  headers: Headers;
}

/** Someone with a password that the org keeps; `secret` of their authenticator app, if they have one. */
export type Someone = Person;

export class LocalOrg {
  readonly folder: string;
  readonly #clock: string;
  #daemon: Daemon | undefined;
  #people = 0;

  constructor(name: string) {
    this.folder = `/run/${name}`;
    this.#clock = `/run/${name}.clock`;
  }

  async start(): Promise<this> {
    this.setClock(0);
    const args = [COMMAND, "serve", "--data", this.folder, "--listen", `127.0.0.1:${PORT}`, "--url", LOCAL_URL, "--log-level", "warn"];
    // The org's clock is the machine's, as far as it can tell; the file says by how much it is off.
    const env = { LD_PRELOAD: CLOCK, FAKETIME_TIMESTAMP_FILE: this.#clock, FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" };
    this.#daemon = new Daemon(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], `${this.folder}.log`, env);
    await this.#daemon.said(/The org is at/);
    return this;
  }

  /** Types this many wrong passwords, waiting as long as the org wants it in between: by its clock. */
  async failPasswords({ login }: Someone, times: number): Promise<void> {
    for (let done = 0; done < times; done++) {
      this.setClock(this.clock + 3601);
      const { status } = await this.post("/api/v1/authn", { username: login, password: "wrong" });
      if (status !== 401) throw new Error(`try ${done + 1}: ${status}`);
    }
    this.setClock(this.clock + 3601);
  }

  stop(): Promise<void> {
    return this.#daemon?.stop() ?? Promise.resolve();
  }

  /** Seconds by which the org's clock is ahead of the browser's. */
  clock = 0;

  setClock(seconds: number): void {
    this.clock = seconds;
    writeFileSync(this.#clock, `+${seconds}\n`);
  }

  /** The time of the org. */
  now(): Date {
    return new Date(Date.now() + this.clock * 1000);
  }

  /** Types this many wrong codes, a logon each, waiting as long as the org wants it in between: by its clock. */
  async fail(person: Someone, times: number): Promise<void> {
    for (let done = 0; done < times; done++) {
      if (done >= 5) this.setClock(this.clock + 3601);
      const { stateToken } = await this.primary(person);
      const { body } = await this.post(`/api/v1/authn/factors/${person.factor}/verify`, { stateToken, passCode: this.wrongCode(person) });
      if (body.errorCode !== "E0000068") throw new Error(`try ${done + 1}: ${JSON.stringify(body)}`);
    }
    if (times >= 5) this.setClock(this.clock + 3601);
  }

  call(method: string, path: string, body?: unknown): Promise<any> {
    return callOrg(this.folder, method, path, body);
  }

  /** What an administrator types on the org's machine. */
  async say(...words: string[]): Promise<any> {
    const args = ["--disable-warning=ExperimentalWarning", COMMAND, ...words, "--data", this.folder, "--json"];
    const done = await run(process.execPath, args);
    if (done.code !== 0) throw new Error(`sallyport ${words.join(" ")}: ${done.code} ${done.out}`);
    return done.stdout.trim() === "" ? undefined : JSON.parse(done.stdout);
  }

  /** A call as any client makes it, without cookies. */
  async post(path: string, body: unknown, authorization?: string): Promise<Answered> {
    const headers = { "content-type": "application/json", ...(authorization ? { authorization } : {}) };
    const answer = await fetch(`${LOCAL_URL}${path}`, {
      method: "POST",
      headers,
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json(), headers: answer.headers };
  }

  /** Somebody new with a password, and without any factor. */
  async newcomer(profile: object = {}): Promise<Someone> {
    const login = `person${++this.#people}@corp.example`;
    const body = {
      profile: { login, email: login, firstName: "Ann", lastName: "Lee", ...profile },
      credentials: { password: { value: PASSWORD } },
    };
    const { id } = await this.call("POST", "/api/v1/users?activate=true", body);
    return { id, login, password: PASSWORD, secret: "", factor: "" };
  }

  /** Somebody new with a password and an authenticator app. */
  async someone(profile: object = {}): Promise<Someone> {
    const one = await this.newcomer(profile);
    const totp = { factorType: "token:software:totp", provider: "GOOGLE" };
    const factor = await this.call("POST", `/api/v1/users/${one.id}/factors?activate=true`, totp);
    return { ...one, secret: factor._embedded.activation.sharedSecret, factor: factor.id };
  }

  /** A window in which this newcomer may enrol a first factor, confirmed by an administrator's word. */
  async openWindow({ id }: Someone): Promise<void> {
    const window = await this.call("POST", `/api/v1/users/${id}/tickets`, { proof: "confirmation" });
    await this.call("POST", `/api/v1/users/${id}/tickets/${window.id}/confirm`, {});
  }

  /** Primary authentication: the transaction, with its state token. Fails loudly. */
  async primary({ login, password }: Someone, options?: object): Promise<any> {
    const { status, body } = await this.post("/api/v1/authn", { username: login, password, ...(options ? { options } : {}) });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** What the log says happened to this person, newest last: type, and cause where there is one. */
  async events({ id }: Someone): Promise<string[]> {
    const found: any[] = await this.call(
      "GET",
      `/api/v1/logs?sortOrder=ASCENDING&limit=200&filter=${encodeURIComponent(`actor.id eq "${id}"`)}`,
    );
    return found.map(({ eventType }) => eventType);
  }

  /** What the authenticator app shows now, by the org's time. */
  code(person: Someone): string {
    return codeOf(person, this.now());
  }

  /** A code that is wrong for sure, and a slip of the finger by its form. */
  wrongCode(person: Someone): string {
    return this.code(person).replace(/.$/, (last) => String((Number(last) + 5) % 10));
  }
}

/** A machine whose logon a page drives: it asks the org, hands the state token to the page, and fetches the decision itself. */
export class PageHost {
  readonly #org: LocalOrg;
  readonly #key = new HostKey();
  #enrolled: Enrolled = { id: "", generation: "" };
  app = "";

  constructor(org: LocalOrg) {
    this.#org = org;
  }

  /** Enrolled for an app of its own, with the rules of its policy. */
  async enrol(label: string, rules: object[] = []): Promise<this> {
    this.app = (await this.#org.call("POST", "/api/v1/apps", { label })).id;
    const { version } = await this.#org.call("GET", `/api/v1/apps/${this.app}/policy`);
    await this.#org.call("PUT", `/api/v1/apps/${this.app}/policy`, { version, document: { rules } });
    const { code } = await this.#org.call("POST", "/api/v1/host-codes", { app: this.app });
    const answer = await this.#org.post("/api/v1/hosts/enrol", this.#key.enrolment(code, label));
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    this.#enrolled = readEnrolled(answer.body);
    return this;
  }

  async assign({ id }: Someone): Promise<void> {
    await this.#org.call("POST", `/api/v1/apps/${this.app}/users`, { id });
  }

  /** The first question of a logon. */
  async ask({ login }: Someone, drive: "page" | "agent" = "page"): Promise<Answered & { reference: string }> {
    const asked = { ...question(login), drive };
    return { ...(await this.call("/api/v1/authn/logon", asked)), reference: asked.reference };
  }

  /** How the logon stands, with the decision once there is one. */
  look(stateToken: string): Promise<Answered> {
    return this.call("/api/v1/authn/introspect", { stateToken });
  }

  call(path: string, asked: object): Promise<Answered> {
    const body = JSON.stringify(asked);
    return this.#org.post(path, body, this.#key.bearer(this.#enrolled, LOCAL_URL, body));
  }
}

/** The claims of the org's signed yes; its signature is held by the agent's own tests. */
export function claimsOf(decision: string): any {
  return JSON.parse(Buffer.from(decision.split(".")[1] ?? "", "base64url").toString());
}
