/** A decision that differs in anything from what the open attempt needs is not honoured. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import { JWS_TYPES } from "@sallyport/contracts";
import { CompactSign, type CryptoKey, exportJWK, exportSPKI, generateKeyPair } from "jose";
import { RIGHT_CODE } from "../doubles/org-double.ts";
import { rig } from "../doubles/rig.ts";
import { OrgClock } from "./clock.ts";
import { honourDecision, type OpenAttempt } from "./decision.ts";

const NOW = 1_800_000_000_000;
const host = "hst_0123456789abcdefghij";
const bits128 = "AAAAAAAAAAAAAAAAAAAAAA";
const hash = "B".repeat(43);
const pair = await generateKeyPair("ES256", { extractable: true });

function attempt(change: Partial<OpenAttempt> = {}): OpenAttempt {
  return {
    host,
    org: "https://mfa.example",
    reference: "K7QF-3M2P",
    nonce: bits128,
    logonHash: hash,
    user: "usr_1",
    open: true,
    ...change,
  };
}

function good(): Record<string, unknown> {
  const iat = NOW / 1000;
  return {
    typ: "decision",
    iss: "https://mfa.example",
    aud: host,
    reference: "K7QF-3M2P",
    nonce: bits128,
    logonHash: hash,
    user: { id: "usr_1", login: "alice" },
    result: "allow",
    amr: ["pwd", "otp"],
    head: { node: "n1", seq: 1, hash: "0".repeat(64) },
    iat,
    exp: iat + 60,
  };
}

function clockAt(now: number | undefined): OrgClock {
  const clock = new OrgClock({ monotonic: () => 5000, wall: () => NOW });
  if (now !== undefined) clock.set(now, 0);
  return clock;
}

function sign(claims: object, header: object = {}, key: CryptoKey = pair.privateKey): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: "ES256", typ: JWS_TYPES.decision, kid: "k1", ...header })
    .sign(key);
}

async function judge(jws: string, open = attempt(), now: number | undefined = NOW): Promise<string> {
  const judged = await honourDecision(jws, open, pair.publicKey, clockAt(now));
  return judged.ok ? "honoured" : judged.check;
}

describe("S20: a decision", () => {
  test("that fits its open attempt is honoured", async () => {
    assert.equal(await judge(await sign(good())), "honoured");
  });

  const claims: [string, unknown, string][] = [
    ["typ", "time", "claims"],
    ["iss", "https://other.example", "iss"],
    ["aud", "hst_9999999999abcdefghij", "aud"],
    ["reference", "K7QF-3M2Q", "reference"],
    ["nonce", "AAAAAAAAAAAAAAAAAAAAAQ", "nonce"],
    ["logonHash", "C".repeat(43), "logonHash"],
    ["user", { id: "usr_2", login: "alice" }, "user"],
    ["user", { id: "", login: "alice" }, "user"],
    ["result", "deny", "claims"],
    ["result", true, "claims"],
    ["amr", "otp", "claims"],
    ["cause", "not.a.cause", "claims"],
    ["head", { node: "n1", seq: -1, hash: "0".repeat(64) }, "claims"],
    ["iat", NOW / 1000 + 6, "iat"],
    ["exp", NOW / 1000, "exp"],
    ["exp", NOW / 1000 - 1, "exp"],
    ["exp", NOW / 1000 + 61, "life"],
    ["iat", NOW / 1000 - 3600, "life"],
    ["extra", 1, "claims"],
  ];
  for (const [name, value, check] of claims) {
    test(`with ${name} = ${JSON.stringify(value)} fails at ${check}`, async () => {
      assert.equal(await judge(await sign({ ...good(), [name]: value })), check);
    });
  }

  for (const name of Object.keys(good())) {
    test(`without ${name} is not honoured`, async () => {
      const { [name]: _, ...rest } = good();
      assert.equal(await judge(await sign(rest)), "claims");
    });
  }

  test("of another type made by the same key is not honoured", async () => {
    for (const typ of [JWS_TYPES.time, JWS_TYPES.policy, JWS_TYPES.head, JWS_TYPES.assertion, "JWT"])
      assert.equal(await judge(await sign(good(), { typ })), "typ");
  });

  test("that is unsigned, or signed by another key, or by the public key as a secret, is not honoured", async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const none = `${part({ alg: "none", typ: JWS_TYPES.decision })}.${part(good())}.`;
    assert.match(await judge(none), /alg|form/);
    const other = await generateKeyPair("ES256");
    assert.equal(await judge(await sign(good(), {}, other.privateKey)), "signature");
    const signed = `${part({ alg: "HS256", typ: JWS_TYPES.decision })}.${part(good())}`;
    const confused = `${signed}.${createHmac("sha256", await exportSPKI(pair.publicKey))
      .update(signed)
      .digest("base64url")}`;
    assert.equal(await judge(confused), "alg");
  });

  test("that brings its own key is refused, not merely checked with ours", async () => {
    const jwk = await exportJWK(pair.publicKey);
    assert.equal(await judge(await sign(good(), { jwk })), "header");
    assert.equal(await judge(await sign(good(), { jku: "https://evil.example" })), "header");
    assert.equal(await judge(await sign(good(), { x5c: [] })), "header");
  });

  test("with any one byte changed is not honoured", async () => {
    const jws = await sign(good());
    for (let i = 0; i < jws.length; i += 7) {
      const changed = `${jws.slice(0, i)}${jws[i] === "A" ? "B" : "A"}${jws.slice(i + 1)}`;
      // The last character of a part carries bits that base64url does not use.
      if (
        Buffer.from(changed.split(".")[2] ?? "", "base64url").equals(Buffer.from(jws.split(".")[2] ?? "", "base64url")) &&
        changed.split(".")[0] === jws.split(".")[0] &&
        changed.split(".")[1] === jws.split(".")[1]
      )
        continue;
      assert.notEqual(await judge(changed), "honoured", `byte ${i}`);
    }
  });

  test("that is no token at all is not honoured", async () => {
    for (const text of ["", ".", "a.b", "a.b.c", "{}", "x".repeat(100_000)]) assert.equal(await judge(text), "form");
  });
});

describe("S4: a decision works once", () => {
  test("also when two answers are judged at the same moment", async () => {
    const jws = await sign(good());
    const open = attempt();
    const results = await Promise.all(Array.from({ length: 50 }, () => judge(jws, open)));
    assert.deepEqual(results.filter((one) => one === "honoured").length, 1);
    assert.ok(results.every((one) => one === "honoured" || one === "open"));
  });

  test("and not for an attempt that has ended", async () => {
    assert.equal(await judge(await sign(good()), attempt({ open: false })), "open");
  });
});

test("S15: expiry is judged by org time alone, and without it nothing is honoured", async () => {
  const jws = await sign(good());
  assert.equal(await judge(jws, attempt(), NOW + 61_000), "exp");
  const clock = new OrgClock({ monotonic: () => 5000, wall: () => NOW });
  const judged = await honourDecision(jws, attempt(), pair.publicKey, clock);
  assert.ok(!judged.ok && judged.check === "time");
});

test("S22: a bad decision on the wire refuses the logon, and the report says which check failed", async (t) => {
  const one = await rig(t);
  for (const [claim, value, check] of [
    ["nonce", bits128, "nonce"],
    ["aud", host, "aud"],
    ["user", { id: "usr_9", login: "mallory" }, "user"],
  ] as const) {
    one.org.decisionChange = (all) => ({ ...all, [claim]: value });
    const { end } = await one.provider().hello().begin({ username: claim }).talk(RIGHT_CODE);
    assert.ok(end && "end" in end && end.end.result === "deny");
    const record = one.attempts().at(-1);
    assert.deepEqual(
      [record?.["cause"], (record?.["evidence"] as { check?: string } | undefined)?.check],
      ["agent.decision-invalid", check],
    );
  }
});
