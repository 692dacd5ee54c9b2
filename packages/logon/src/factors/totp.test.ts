/** One-time passwords as RFC 6238 has them; outside the window they diagnose and let nobody in. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { judgeTotp, otpauthUri, resync, type TotpInput } from "./totp.ts";

/** RFC 6238 appendix B: the seed is the ASCII digits repeated to 20, 32 and 64 bytes. */
const VECTORS: [number, string, string, string][] = [
  [59, "94287082", "46119246", "90693936"],
  [1111111109, "07081804", "68084774", "25091201"],
  [1111111111, "14050471", "67062674", "99943326"],
  [1234567890, "89005924", "91819424", "93441116"],
  [2000000000, "69279037", "90698825", "38618901"],
  [20000000000, "65353130", "77737706", "47863826"],
];
const seed = (length: number) => Buffer.from("1234567890".repeat(7).slice(0, length));

for (const [seconds, ...codes] of VECTORS) {
  test(`RFC 6238 appendix B at ${seconds} s, all three hashes`, () => {
    for (const [index, algorithm] of (["SHA1", "SHA256", "SHA512"] as const).entries()) {
      const input = { secret: seed([20, 32, 64][index] ?? 0), digits: 8, algorithm, period: 30, drift: 0, now: seconds * 1000 };
      const step = Math.floor(seconds / 30);
      assert.deepEqual(judgeTotp({ ...input, code: codes[index] ?? "" }), { kind: "match", step, drift: 0 });
    }
  });
}

const base: TotpInput = { secret: seed(20), digits: 8, algorithm: "SHA1", period: 30, drift: 0, now: 1111111111_000, code: "14050471" };

test("S5: one step to either side is in; from two to ten is only diagnosed, with its distance; beyond that it is wrong", () => {
  for (let off = -14; off <= 14; off++) {
    const verdict = judgeTotp({ ...base, now: base.now - off * 30_000 });
    const want = Math.abs(off) <= 1 ? "match" : Math.abs(off) <= 10 ? "outside" : "wrong";
    assert.equal(verdict.kind, want, `off by ${off}`);
    if (verdict.kind === "outside") assert.equal(verdict.steps, off);
    if (verdict.kind === "match") assert.equal(verdict.drift, off);
  }
});

test("S6: a learnt drift moves the window, and is bounded at two steps however often it is learnt", () => {
  assert.equal(judgeTotp({ ...base, now: base.now - 60_000, drift: 1 }).kind, "match");
  assert.equal(judgeTotp({ ...base, now: base.now - 120_000, drift: 99 }).kind, "outside");
  let drift = 0;
  for (let turn = 0; turn < 20; turn++) {
    const verdict = judgeTotp({ ...base, now: base.now - 90_000, drift });
    if (verdict.kind === "match") drift = verdict.drift;
  }
  assert.ok(Math.abs(drift) <= 2);
});

test("S8: only exactly as many ASCII digits as enrolled are looked at", () => {
  for (const code of ["", "1405047", "140504711", "1405047a", "１４０５０４７１", " 14050471"]) {
    assert.deepEqual(judgeTotp({ ...base, code }), { kind: "malformed" });
  }
});

test("a random code is hardly ever right, and never throws", () => {
  let right = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99_999_999 }), (n) => {
      right += judgeTotp({ ...base, code: String(n).padStart(8, "0") }).kind === "match" ? 1 : 0;
    }),
    { numRuns: 500, seed: 6238 },
  );
  assert.equal(right, 0);
});

test("S6: two consecutive codes re-sync a device; two that do not follow each other do not, and name what is to be burnt", () => {
  const { code: _, ...rest } = base;
  assert.deepEqual(resync(rest, "07081804", "14050471"), { kind: "synced", steps: [37037036, 37037037], drift: 0 });
  assert.deepEqual(resync(rest, "14050471", "07081804"), { kind: "wrong", seen: [37037037, 37037036] });
  assert.deepEqual(resync(rest, "07081804", "00000000"), { kind: "wrong", seen: [37037036] });
  assert.deepEqual(resync(rest, "00000000", "11111111"), { kind: "wrong", seen: [] });
});

test("S6: a device further off than a drift may be is not re-synced, and told how far it is off", () => {
  const { code: _, ...rest } = base;
  for (let off = -6; off <= 6; off++) {
    const verdict = resync({ ...rest, now: base.now - off * 30_000 }, "07081804", "14050471");
    assert.deepEqual(verdict, { kind: Math.abs(off) <= 2 ? "synced" : "too-far", steps: [37037036, 37037037], drift: off });
  }
});

for (const digits of [6, 7, 8]) {
  test(`S8: of ${digits} digits, a code is the last ${digits} of the longest one, and no other length is looked at`, () => {
    for (const [index, algorithm] of (["SHA1", "SHA256", "SHA512"] as const).entries()) {
      const [seconds, ...codes] = VECTORS[2] ?? [0];
      const input = { secret: seed([20, 32, 64][index] ?? 0), digits, algorithm, period: 30, drift: 0, now: seconds * 1000 };
      const code = codes[index]?.slice(8 - digits) ?? "";
      assert.equal(judgeTotp({ ...input, code }).kind, "match", algorithm);
      for (const other of [`${code}0`, code.slice(1)]) assert.equal(judgeTotp({ ...input, code: other }).kind, "malformed");
    }
  });
}

test("the URI carries everything an authenticator app needs", () => {
  const uri = new URL(
    otpauthUri({ secret: seed(20), issuer: "Sallyport", account: "alice@corp.example", digits: 6, period: 30, algorithm: "SHA1" }),
  );
  assert.equal(uri.protocol, "otpauth:");
  assert.equal(uri.searchParams.get("secret"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  assert.equal(uri.searchParams.get("issuer"), "Sallyport");
});
