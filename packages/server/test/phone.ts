/** A phone for tests: its key, and the calls that it signs. Written against the wire, not with the code under test. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { make, ORG_URL, type TestOrg } from "./test-org.ts";

export interface Open {
  challenge: string;
  transaction: string;
  shown: { user: string; host: string | null; service: string | null; address: { value: string; origin: string } | null; time: string };
}

export class TestPhone {
  readonly org: TestOrg;
  readonly key: KeyObject;
  readonly jwk: Record<string, string>;
  readonly device: string;
  factor = "";

  constructor(org: TestOrg) {
    this.org = org;
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.key = pair.privateKey;
    const { kty, crv, x, y } = pair.publicKey.export({ format: "jwk" }) as Record<string, string>;
    this.jwk = { kty: kty ?? "", crv: crv ?? "", x: x ?? "", y: y ?? "" };
    this.device = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
  }

  /** A phone that an administrator enrolled for this user. */
  static async of(org: TestOrg, userId: string, name = "phone"): Promise<TestPhone> {
    const phone = new TestPhone(org);
    const made = await make(org, "POST", `/api/v1/users/${userId}/factors`, { factorType: "push", provider: "OKTA" });
    phone.factor = made.id;
    const answer = await phone.activate(made._embedded.activation.code, { name });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    return phone;
  }

  claims(typ: string, own: object): Record<string, unknown> {
    const iat = Math.floor(this.org.clock.now / 1000);
    return { typ, aud: ORG_URL, device: this.device, jti: randomBytes(16).toString("base64url"), iat, ...own };
  }

  jws(claims: object, header: object = {}): string {
    const parts = [{ alg: "ES256", typ: "sallyport-phone+jws", ...header }, claims];
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    return `${text}.${sign("sha256", Buffer.from(text), { key: this.key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
  }

  async send(call: string, signed: string): Promise<{ status: number; body: any }> {
    const answer = await this.org.app.inject({ method: "POST", url: `/api/v1/phone/${call}`, payload: { signed } });
    return { status: answer.statusCode, body: answer.json() };
  }

  call(call: string, own: object = {}, header: object = {}) {
    return this.send(call, this.jws(this.claims(`phone-${call}`, own), header));
  }

  activate(code: string, own: object = {}) {
    return this.call("activate", { code, key: this.jwk, ...own });
  }

  async open(): Promise<Open[]> {
    return (await this.call("requests")).body.requests;
  }

  /** The only request that is open. */
  async one(): Promise<Open> {
    const [request, ...more] = await this.open();
    if (!request || more.length > 0) throw new Error(`${more.length + (request ? 1 : 0)} requests are open`);
    return request;
  }

  answerClaims(request: Open, decision: "yes" | "no" | "not-me", own: object = {}): Record<string, unknown> {
    const { challenge, transaction, shown } = request;
    return this.claims("phone-answer", { challenge, transaction, shown: shownHash(shown), decision, ...own });
  }

  answer(request: Open, decision: "yes" | "no" | "not-me", own: object = {}) {
    return this.send("answer", this.jws(this.answerClaims(request, decision, own)));
  }
}

/** As the wire has it, spelt out anew. */
export function shownHash({ user, host, service, address, time }: Open["shown"]): string {
  const list = ["sallyport push", ORG_URL, user, host, service, address ? address.value : null, address ? address.origin : null, time];
  return createHash("sha256").update(JSON.stringify(list)).digest("base64url");
}
