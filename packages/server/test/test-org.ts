/** An org in a temporary folder for tests: the real store, keys and routes, asked in process; its clock is the test's. */
import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogonView, type PublicJwk, readEnrolmentCode, writeReference } from "@sallyport/contracts";
import type { FastifyInstance } from "fastify";
import { Secret, TOTP } from "otpauth";
import pino from "pino";
import { postOf } from "../src/delivery/post.ts";
import { ldapDirectory } from "../src/directory/directory.ts";
import { planHere } from "../src/flows/management/plan-here.ts";
import { syncEngine } from "../src/flows/management/sync-engine.ts";
import { tellUsers } from "../src/flows/notices.ts";
import type { Store } from "../src/flows/store.ts";
import { type AppDeps, buildApp } from "../src/http/app.ts";
import { countEvents, prometheusMetrics } from "../src/http/metrics.ts";
import { ROUTES } from "../src/http/routes.ts";
import { openKeys } from "../src/keys/keys.ts";
import { DEFAULT_RATES } from "../src/limits/rates.ts";
import { countRefusedCallers } from "../src/limits/refused-callers.ts";
import { argonPasswords } from "../src/passwords/passwords.ts";
import { openSqlite } from "../src/store/sqlite.ts";

export const ORG_URL = "https://mfa.corp.example";

export interface TestOrg {
  app: FastifyInstance;
  admin: FastifyInstance;
  deps: AppDeps;
  folder: string;
  /** Epoch ms; the org lives by this clock. */
  clock: { now: number };
  manage(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>;
  close(): Promise<void>;
}

/** @param openStore another database; its clock is then its own affair. */
export async function openTestOrg(
  folder = mkdtempSync(join(tmpdir(), "sallyport-test-")),
  clock = { now: Date.UTC(2026, 10, 24, 12, 0, 0) },
  openStore: () => Promise<Store> = () => openSqlite({ file: join(folder, "org.db"), now: () => clock.now }),
): Promise<TestOrg> {
  const plain = await openStore();
  const passwords = argonPasswords();
  const metrics = prometheusMetrics({ passwords: passwords.waiting, sources: async () => [] });
  const counted = countEvents(plain, metrics);
  const log = pino({ level: "silent" });
  const keys = await openKeys(counted, join(folder, "sealing.key"));
  const store = tellUsers(counted, { keys, orgUrl: ORG_URL });
  const refusedCallers = countRefusedCallers(store, log);
  const directory = ldapDirectory();
  const syncs = syncEngine({ store, keys, read: planHere(directory), say: (err, sentence) => log.error({ err }, sentence) });
  const deps: AppDeps = {
    store,
    keys,
    passwords,
    metrics,
    log,
    refusedCallers,
    orgUrl: ORG_URL,
    version: "0.1.0",
    rates: DEFAULT_RATES,
    directory,
    syncs,
    post: postOf(ORG_URL),
    dataFolder: folder,
  };
  const app = buildApp(deps, { admin: false, routes: ROUTES });
  const admin = buildApp(deps, { admin: true, routes: ROUTES });
  return {
    app,
    admin,
    deps,
    folder,
    clock,
    async manage(method, path, body) {
      const answer = await admin.inject({
        method: method as "POST",
        url: path,
        ...(body === undefined ? {} : { payload: body as object }),
      });
      return { status: answer.statusCode, body: answer.body === "" ? undefined : answer.json() };
    },
    async close() {
      await Promise.all([app.close(), admin.close()]);
      await Promise.all([refusedCallers.stop(), syncs.stop()]);
      await plain.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Creates by the management API, and fails loudly with the org's own words. */
export async function make(org: TestOrg, method: string, path: string, body?: unknown): Promise<any> {
  const answer = await org.manage(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export interface TestPerson {
  id: string;
  login: string;
  factor: string;
  secret: string;
  /** The code of the step that holds this moment (epoch ms). */
  code(at: number): string;
}

export async function makePerson(org: TestOrg, login: string, password?: string): Promise<TestPerson> {
  const credentials = password === undefined ? {} : { credentials: { password: { value: password } } };
  const user = await make(org, "POST", "/api/v1/users?activate=true", { profile: { login }, ...credentials });
  const factor = await make(org, "POST", `/api/v1/users/${user.id}/factors?activate=true`, {
    factorType: "token:software:totp",
    provider: "GOOGLE",
  });
  const secret = factor._embedded.activation.sharedSecret as string;
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  return { id: user.id, login, factor: factor.id, secret, code: (at) => totp.generate({ timestamp: at }) };
}

export async function makeApp(org: TestOrg, label: string, people: TestPerson[]): Promise<string> {
  const app = await make(org, "POST", "/api/v1/apps", { label });
  for (const person of people) await make(org, "POST", `/api/v1/apps/${app.id}/users`, { id: person.id });
  return app.id;
}

/** A machine as the org knows it: its key, and the calls that it signs. */
export class TestHost {
  id = "";
  generation = "";
  readonly key: KeyObject;
  readonly jwk: PublicJwk;
  readonly org: TestOrg;
  constructor(org: TestOrg) {
    this.org = org;
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.key = pair.privateKey;
    const { kty, crv, x, y } = pair.publicKey.export({ format: "jwk" });
    this.jwk = { kty, crv, x, y } as PublicJwk;
  }

  static async enrol(org: TestOrg, appId: string, name = "srv01"): Promise<TestHost> {
    const host = new TestHost(org);
    const { code } = await make(org, "POST", "/api/v1/host-codes", { app: appId, name });
    const answer = await host.redeem(code);
    const claims = payloadOf(answer.json().enrolled);
    host.id = claims.hostId;
    host.generation = claims.generation;
    return host;
  }

  redeem(code: string) {
    const read = readEnrolmentCode(code);
    if (!read.ok) throw new Error(read.reason);
    const codeId = createHash("sha256").update("sallyport enrolment code id").update(read.code.secret).digest("hex").slice(0, 24);
    const nonce = randomBytes(16).toString("base64url");
    const { crv, kty, x, y } = this.jwk;
    const thumbprint = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
    const mac = createHmac("sha256", read.code.secret).update(`${thumbprint}.${nonce}`).digest("base64url");
    const proof = this.jws("sallyport-enrol+jws", { typ: "enrol", codeId, nonce, mac, name: "srv01", platform: "linux", version: "0.1.0" });
    return this.org.app.inject({ method: "POST", url: "/api/v1/hosts/enrol", payload: { codeId, key: this.jwk, proof } });
  }

  jws(typ: string, claims: object, header: object = {}): string {
    const text = [{ alg: "ES256", typ, ...header }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${text}.${sign("sha256", Buffer.from(text), { key: this.key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
  }

  claims(body: string, change: object = {}): Record<string, unknown> {
    const iat = Math.floor(this.org.clock.now / 1000);
    return {
      iss: this.id,
      sub: this.id,
      aud: ORG_URL,
      iat,
      exp: iat + 60,
      jti: randomBytes(16).toString("base64url"),
      gen: this.generation,
      bh: createHash("sha256").update(body).digest("base64url"),
      ...change,
    };
  }

  /** A signed call; `change` alters claims, so that a test can be wrong in exactly one of them. */
  async call(path: string, body: object, change: object = {}, token?: string): Promise<{ status: number; body: any }> {
    const payload = JSON.stringify(body);
    const authorization = `Bearer ${token ?? this.jws("sallyport-host+jwt", this.claims(payload, change))}`;
    const answer = await this.org.app.inject({
      method: "POST",
      url: path,
      payload,
      headers: { "content-type": "application/json", authorization },
    });
    return { status: answer.statusCode, body: answer.body === "" ? undefined : answer.json() };
  }

  request(username: string, change: object = {}): Record<string, unknown> & { reference: string } {
    return {
      reference: writeReference(randomBytes(5)),
      nonce: randomBytes(16).toString("base64url"),
      username,
      scenario: "logon",
      service: "sshd",
      address: { value: "203.0.113.7", origin: "socket" },
      password: "verified",
      hostTime: this.org.clock.now,
      conversation: true,
      drive: "agent",
      ...change,
    };
  }

  verify(stateToken: string, factor: string, passCode: string, inputId?: string) {
    return this.call(`/api/v1/authn/factors/${factor}/verify`, { stateToken, passCode, ...(inputId ? { inputId } : {}) });
  }

  selfCheck(change: object = {}, claims: object = {}) {
    const body = {
      checkId: randomBytes(16).toString("base64url"),
      bootId: "boot-1",
      version: "0.1.0",
      armed: true,
      offsetMs: 0,
      findings: [],
      ...change,
    };
    return this.call("/api/v1/hosts/self/check", body, claims);
  }
}

/** The claims of a JWS, its signature not looked at: tests that care verify it by themselves. */
export function payloadOf(jws: string): any {
  return JSON.parse(Buffer.from(jws.split(".")[1] ?? "", "base64url").toString());
}

/** What an administrator reads of a logon. */
export async function why(org: TestOrg, reference: string): Promise<LogonView> {
  const [logon] = (await org.manage("GET", `/api/v1/logons/${reference}`)).body;
  return logon;
}
