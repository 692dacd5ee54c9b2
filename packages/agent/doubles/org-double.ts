/** An org for tests: checks assertions and signs like the real one. */
import { createHash, createHmac, randomBytes } from "node:crypto";
import type { ServerOptions } from "node:https";
import {
  type AttemptReport,
  assertionClaims,
  breakGlassHostKey,
  type EnrolledKind,
  enrolmentCodeId,
  enrolProof,
  FACTOR_NAMES,
  type HostPolicyClaims,
  JWS_TYPES,
  type RegisterAnswer,
  registerProof,
  writeClientId,
  writeEnrolmentCode,
} from "@sallyport/contracts";
import { CompactSign, type CryptoKey, calculateJwkThumbprint, compactVerify, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { type Call, error, type Reply, ScriptedServer } from "./scripted-server.ts";

const random128 = () => randomBytes(16).toString("base64url");
export const RIGHT_CODE = "123456";
export const RIGHT_PASSWORD = "correct horse battery";

export class OrgDouble extends ScriptedServer {
  reports: AttemptReport[] = [];
  /** Org clock minus the machine's, ms. */
  clockOffset = 0;
  policy: Partial<HostPolicyClaims> = {};
  firstStatus: "MFA_REQUIRED" | "UNAUTHENTICATED" | "SUCCESS" | "LOCKED_OUT" = "MFA_REQUIRED";
  decisionChange: (claims: Record<string, unknown>) => Record<string, unknown> = (claims) => claims;
  generation = "";
  suspended = false;
  kinds: EnrolledKind[] = ["totp"];
  /** How each factor that is asked for stands, look by look; the last stays. */
  stands: Record<string, unknown>[] = [];
  rightCode = RIGHT_CODE;
  readonly hostId = `hst_${randomBytes(10).toString("hex")}`;
  decision!: { privateKey: CryptoKey; publicKey: CryptoKey };
  /** Keys that followed the first, each with the link that the one before signed. */
  announced: { pair: { privateKey: CryptoKey; publicKey: CryptoKey }; link: string; previous: string }[] = [];
  #previous: string | undefined;
  #checkId: string | undefined;
  #hostKey: JWK | undefined;
  /** What a client registers with, and signs with if it is legacy. */
  readonly client = { id: writeClientId(randomBytes(10)), secret: randomBytes(32) };
  legacy = false;
  breakGlassMaster = randomBytes(32);
  #secret = randomBytes(16);
  #jtis = new Set<string>();
  #open = new Map<string, Record<string, unknown>>();
  #inputs = new Map<string, Reply>();
  #usedCodes = new Set<string>();
  #seq = 0;

  /** `tls`: options over the default certificate for localhost and 127.0.0.1; `false`: plain http on loopback. */
  static async start(options: { tls?: ServerOptions | false; url?: string } = {}): Promise<OrgDouble> {
    const org = new OrgDouble();
    org.decision = await generateKeyPair("ES256", { extractable: true });
    await org.listen(options.tls);
    return org;
  }

  async code(pin: Uint8Array | undefined = this.url.startsWith("https") ? this.ca.pin : undefined): Promise<string> {
    const thumbprint = await calculateJwkThumbprint(await exportJWK(this.decision.publicKey));
    return writeEnrolmentCode({
      url: this.url,
      secret: this.#secret,
      decisionKey: Buffer.from(thumbprint, "base64url").subarray(0, 16),
      ...(pin ? { pin } : {}),
    });
  }

  now(): number {
    return Date.now() + this.clockOffset;
  }

  sign(typ: string, claims: object, key: CryptoKey = this.decision.privateKey, header: object = {}): Promise<string> {
    const payload = new TextEncoder().encode(JSON.stringify(claims));
    return new CompactSign(payload).setProtectedHeader({ alg: "ES256", typ, kid: "k1", ...header }).sign(key);
  }

  signPolicy(change: Partial<HostPolicyClaims> = {}): Promise<string> {
    const iat = Math.floor(this.now() / 1000);
    const failModes = { orgUnreachable: "refuse", orgError: "refuse", agentGone: "refuse" };
    return this.sign(JWS_TYPES.policy, {
      typ: "policy",
      host: this.hostId,
      version: 1,
      iat,
      exp: iat + 7 * 86_400,
      failModes,
      exclusions: [],
      permits: [],
      always: [],
      ...this.policy,
      ...change,
    });
  }

  protected async answer(call: Call, authorization: string | undefined): Promise<Reply> {
    if (call.path === "/api/v1/time")
      return {
        body: {
          time: await this.sign(JWS_TYPES.time, { typ: "time", nonce: call.body["nonce"], now: this.now() }),
          keys: this.#linksAfter(call),
        },
      };
    if (call.path === "/api/v1/hosts/enrol") return this.#enrol(call);
    if (call.path === "/api/v1/hosts/register") return this.#register(call);
    const refused = await this.#authenticate(call, authorization);
    if (refused) return refused;
    if (call.path === "/api/v1/hosts/self/check") return this.#check(call);
    if (call.path === "/api/v1/hosts/self/reports") {
      this.reports.push(...(call.body["reports"] as AttemptReport[]));
      return { body: { accepted: (call.body["reports"] as unknown[]).length } };
    }
    if (call.path === "/api/v1/authn/logon") return this.#logon(call);
    if (call.path === "/api/v1/authn/cancel") return { body: {} };
    if (call.path === "/api/v1/authn") return this.#password(call);
    return this.#verify(call);
  }

  async #enrol(call: Call): Promise<Reply> {
    const key = call.body["key"] as JWK;
    const { payload, protectedHeader } = await compactVerify(call.body["proof"] as string, (await importJWK(key, "ES256")) as CryptoKey);
    const proof = enrolProof.parse(JSON.parse(new TextDecoder().decode(payload)));
    const mac = createHmac("sha256", this.#secret)
      .update(`${await calculateJwkThumbprint(key)}.${proof.nonce}`)
      .digest("base64url");
    const good = mac === proof.mac && protectedHeader.typ === JWS_TYPES.enrol && call.body["codeId"] === enrolmentCodeId(this.#secret);
    if (!good) return error(400, "S0000006");
    return { body: { enrolled: await this.#enrolled(key, proof) } };
  }

  async #register(call: Call): Promise<Reply> {
    const key = call.body["key"] as JWK;
    const { payload, protectedHeader } = await compactVerify(call.body["proof"] as string, (await importJWK(key, "ES256")) as CryptoKey);
    const proof = registerProof.parse(JSON.parse(new TextDecoder().decode(payload)));
    const mac = createHmac("sha256", this.client.secret)
      .update(`${await calculateJwkThumbprint(key)}.${proof.nonce}`)
      .digest("base64url");
    const good = mac === proof.mac && protectedHeader.typ === JWS_TYPES.register && proof.clientId === this.client.id;
    if (!good) return error(401, "S0000002");
    this.legacy = proof.legacy;
    return { body: this.registered(await this.#enrolled(key, proof), this.client.secret, this.pin) };
  }

  /** `pin` is `undefined` behind a proxy: the org does not know the certificate then. */
  registered(enrolled: string, secret: Uint8Array, pin: string | undefined): RegisterAnswer {
    const mac = createHmac("sha256", secret)
      .update(`registered.${enrolled}.${pin ?? ""}.false`)
      .digest("base64url");
    return { enrolled, mac, pending: false, ...(pin === undefined ? {} : { pin }) };
  }

  get pin(): string {
    return Buffer.from(this.ca.pin).toString("hex");
  }

  #enrolled = async (key: JWK, proof: { nonce: string; name: string }): Promise<string> => {
    this.#hostKey = key;
    this.generation = random128();
    this.#previous = undefined;
    const claims = {
      typ: "enrolled",
      nonce: proof.nonce,
      hostId: this.hostId,
      name: proof.name,
      app: "Servers",
      orgUrl: this.url,
      generation: this.generation,
      decisionKey: await exportJWK(this.decision.publicKey).then(({ kty, crv, x, y }) => ({ kty, crv, x, y })),
      now: this.now(),
    };
    return this.sign(JWS_TYPES.enrolled, claims);
  };

  async #authenticate(call: Call, authorization: string | undefined): Promise<Reply | undefined> {
    if (!this.#hostKey) return error(401, "S0000002");
    const key = this.legacy ? this.client.secret : ((await importJWK(this.#hostKey, "ES256")) as CryptoKey);
    const algorithms = [this.legacy ? "HS256" : "ES256"];
    const { payload, protectedHeader } = await compactVerify((authorization ?? "").slice(7), key, { algorithms });
    if (this.legacy && protectedHeader.kid !== this.client.id) return error(401, "S0000002");
    const claims = assertionClaims.parse(JSON.parse(new TextDecoder().decode(payload)));
    call.claims = claims;
    const no = (cause: string, evidence: object = {}) => error(401, "S0000002", cause, evidence);
    if (protectedHeader.typ !== JWS_TYPES.assertion || claims.aud !== this.url || claims.exp - claims.iat > 60)
      return no("client.assertion-invalid");
    if (this.#jtis.has(claims.jti)) return no("client.replayed");
    this.#jtis.add(claims.jti);
    if (Math.abs(this.now() / 1000 - claims.iat) > 60)
      return no("clock.host", { offsetSeconds: Math.round(claims.iat - this.now() / 1000) });
    if (claims.bh !== createHash("sha256").update(call.raw).digest("base64url")) return no("client.assertion-invalid");
    if (this.suspended) return no("client.cloned");
    const retry = call.body["checkId"] === undefined || call.body["checkId"] === this.#checkId;
    if (claims.gen === this.generation) this.#previous = undefined;
    else if (claims.gen !== this.#previous || !retry) {
      this.suspended = true;
      return no("client.cloned");
    }
    return undefined;
  }

  async #check(call: Call): Promise<Reply> {
    if (call.body["checkId"] !== this.#checkId) {
      this.#previous = this.generation;
      this.generation = random128();
      this.#checkId = call.body["checkId"] as string;
    }
    const head = { typ: "head", ...this.#head(), now: this.now() };
    const signed = { policy: await this.signPolicy(), head: await this.sign(JWS_TYPES.head, head) };
    const glass = this.policy.breakGlass === undefined ? {} : { breakGlass: await this.breakGlassKey() };
    return { body: { generation: this.generation, ...signed, ...glass, keys: this.#linksAfter(call) } };
  }

  /** The host's own break-glass key, signed. */
  breakGlassKey(change: object = {}): Promise<string> {
    const key = Buffer.from(breakGlassHostKey(this.breakGlassMaster, this.hostId)).toString("base64url");
    const iat = Math.floor(this.now() / 1000);
    return this.sign(JWS_TYPES.breakGlass, { typ: "break-glass", host: this.hostId, key, iat, ...change });
  }

  /** Announces the next decision key; `takeOver` lets the newest one sign. */
  async announce(): Promise<string> {
    const last = this.announced.at(-1)?.pair ?? this.decision;
    const pair = await generateKeyPair("ES256", { extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    const previous = await calculateJwkThumbprint(await exportJWK(last.publicKey));
    const { kty, crv, x, y } = jwk;
    const claims = {
      typ: "key",
      position: this.announced.length + 2,
      previous,
      key: { kty, crv, x, y },
      iat: Math.floor(this.now() / 1000),
    };
    const link = await this.sign(JWS_TYPES.key, claims, last.privateKey);
    this.announced.push({ pair, link, previous });
    return link;
  }

  takeOver(): void {
    this.decision = this.announced.at(-1)?.pair ?? this.decision;
  }

  #linksAfter(call: Call): string[] {
    const from = this.announced.findIndex(({ previous }) => previous === call.body["decisionKey"]);
    return from < 0 ? [] : this.announced.slice(from).map(({ link }) => link);
  }

  #head(): { node: string; seq: number; hash: string } {
    this.#seq += 1;
    return { node: "n1", seq: this.#seq, hash: createHash("sha256").update(String(this.#seq)).digest("hex") };
  }

  async #logon(call: Call): Promise<Reply> {
    const stateToken = `00${createHash("sha256").update(call.raw).digest("base64url")}`;
    this.#open.set(stateToken, { ...call.body, logonHash: createHash("sha256").update(call.raw).digest("base64url") });
    return this.view(stateToken, this.firstStatus);
  }

  async #password(call: Call): Promise<Reply> {
    if (call.body["password"] !== RIGHT_PASSWORD) return error(401, "E0000004", "user.password", { ended: false });
    return this.view(call.body["stateToken"] as string, "MFA_REQUIRED");
  }

  async #verify(call: Call): Promise<Reply> {
    const { inputId, stateToken, passCode } = call.body as { inputId: string; stateToken: string; passCode: string };
    const before = this.#inputs.get(inputId);
    if (before) return before;
    const logon = this.#open.get(stateToken);
    if (logon && passCode === undefined && this.stands.length > 0) return this.#stand(call, stateToken);
    let reply: Reply;
    if (!logon) reply = error(403, "E0000079", "logon.out-of-order", { ended: true });
    else if (passCode !== this.rightCode) reply = error(403, "E0000068", "factor.code-wrong", { ended: false });
    else if (this.#usedCodes.has(`${logon["username"]} ${passCode}`)) reply = error(403, "E0000068", "factor.code-used", { ended: false });
    else {
      this.#usedCodes.add(`${logon["username"]} ${passCode}`);
      reply = await this.view(stateToken, "SUCCESS");
    }
    this.#inputs.set(inputId, reply);
    return reply;
  }

  /** Asked without a proof: the next of `stands`. */
  async #stand(call: Call, stateToken: string): Promise<Reply> {
    const stand = (this.stands.length > 1 ? this.stands.shift() : this.stands[0]) ?? {};
    if (stand["status"] === "SUCCESS") return this.view(stateToken, "SUCCESS");
    const kind = (/f-([a-z]+)/.exec(call.path)?.[1] ?? "totp") as EnrolledKind;
    const { challenge, ...said } = stand;
    const factor = { id: `f-${kind}`, ...FACTOR_NAMES[kind], kind, ...(challenge ? { _embedded: { challenge } } : {}) };
    const user = { id: "usr_1", profile: { login: "alice@corp.example" } };
    return { body: { stateToken, status: "MFA_CHALLENGE", ...said, _embedded: { user, factor } } };
  }

  async view(stateToken: string, status: string): Promise<Reply> {
    const user = { id: "usr_1", profile: { login: "alice@corp.example" } };
    const verify = { href: `${this.url}/api/v1/authn/factors/f1/verify`, hints: { allow: ["POST"] } };
    const totp = {
      id: "f1",
      factorType: "token:software:totp",
      provider: "GOOGLE",
      vendorName: "GOOGLE",
      kind: "totp",
      _links: { verify },
    };
    const recovery = { ...totp, id: "f2", factorType: "recovery_codes", provider: "SALLYPORT", vendorName: "SALLYPORT", kind: "recovery" };
    const factors = this.kinds.map((kind) => {
      if (kind === "totp") return { ...totp, digits: this.rightCode.length };
      return kind === "recovery" ? recovery : { ...totp, id: `f-${kind}`, ...FACTOR_NAMES[kind], kind };
    });
    if (status === "SUCCESS")
      return { body: { status, factorResult: "SUCCESS", _embedded: { user }, decision: await this.decide(stateToken) } };
    return {
      body: {
        stateToken,
        status,
        expiresAt: new Date(this.now() + 300_000).toISOString(),
        ...(status === "UNAUTHENTICATED" ? {} : { _embedded: { user, factors } }),
      },
    };
  }

  async decide(stateToken: string): Promise<string> {
    const logon = this.#open.get(stateToken) ?? {};
    const iat = Math.floor(this.now() / 1000);
    const claims = {
      typ: "decision",
      iss: this.url,
      aud: this.hostId,
      reference: logon["reference"],
      nonce: logon["nonce"],
      logonHash: logon["logonHash"],
      user: { id: "usr_1", login: "alice@corp.example" },
      result: "allow",
      amr: ["pwd", "otp"],
      head: this.#head(),
      iat,
      exp: iat + 60,
    };
    return this.sign(JWS_TYPES.decision, this.decisionChange(claims));
  }
}
