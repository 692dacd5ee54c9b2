/** The org's signature passes from key to key: hosts follow the chain, link by link, and nothing else (S20). */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { causeOf, JWS_TYPES, type PublicJwk } from "@sallyport/contracts";
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import { OrgDouble, RIGHT_CODE } from "../../doubles/org-double.ts";
import { enrolled, type Rig, rig, runHere, tempFolder } from "../../doubles/rig.ts";
import { arm } from "../arm.ts";
import { enrolHost } from "../enrol.ts";
import { DecisionKeys } from "./decision-keys.ts";

const CHECK = "/api/v1/hosts/self/check";
const TIME = "/api/v1/time";
const causes = (findings: { cause: string }[]) => findings.map((one) => one.cause);
const thumbprintOf = async (pair: { publicKey: CryptoKey }) => calculateJwkThumbprint(await exportJWK(pair.publicKey));
const fileOf = (state: string) => join(state, "decision-keys.json");

let people = 0;
/** Of somebody new each time: a code works once. */
async function logon(one: Pick<Rig, "provider">): Promise<string> {
  people += 1;
  const { end } = await one
    .provider()
    .hello()
    .begin({ username: `user${people}` })
    .talk(RIGHT_CODE);
  return end && "end" in end ? end.end.result : "closed";
}

describe("a rotation that the host sees", () => {
  test("the announced key is kept and acknowledged; the old one signs on; after the change it counts no more", async (t) => {
    const one = await rig(t);
    const old = one.org.decision;
    await one.org.announce();
    assert.deepEqual(await one.agent.checked(), []);
    assert.equal(await logon(one), "allow", "the old key still signs");
    await one.agent.checked();
    const newest = await thumbprintOf(one.org.announced[0]?.pair ?? old);
    assert.equal(one.org.calls.filter(({ path }) => path === CHECK).at(-1)?.body["decisionKey"], newest);
    one.org.takeOver();
    assert.equal(await logon(one), "allow", "the new key signs before any check");
    assert.deepEqual(await one.agent.checked(), []);
    assert.equal(JSON.parse(readFileSync(fileOf(one.state), "utf8")).inForce, newest);
    one.org.decision = old;
    assert.equal(await logon(one), "deny");
    assert.equal(one.attempts().at(-1)?.["cause"], "agent.decision-invalid");
    assert.ok((await one.agent.checked()).length > 0, "nothing that the old key signs is taken any more");
  });

  test("a restarted agent needs nothing that the old key signed", async (t) => {
    const one = await rig(t);
    await one.org.announce();
    await one.agent.checked();
    one.org.takeOver();
    await one.agent.checked();
    await one.agent.stop();
    const again = await runHere(t, one.state);
    assert.deepEqual(await again.checked(), []);
    assert.ok(!one.log().some((line) => line["event"] === "host.finding"), "the kept policy was signed by the key in force");
  });
});

describe("a host that was away", () => {
  async function awayDuringTwo(t: TestContext) {
    const { org, state } = await enrolled(t);
    await arm({ state });
    for (let count = 0; count < 2; count++) {
      await org.announce();
      org.takeOver();
    }
    return { org, state };
  }

  test("replays both links in order, from the key that it was enrolled with", async (t) => {
    const { org, state } = await awayDuringTwo(t);
    const agent = await runHere(t, state);
    assert.deepEqual(await agent.checked(), []);
    const kept = JSON.parse(readFileSync(fileOf(state), "utf8"));
    assert.deepEqual([kept.links.length, kept.inForce], [2, await thumbprintOf(org.decision)]);
  });

  test("one that runs, but did not check itself meanwhile, lets the next person in", async (t) => {
    const one = await rig(t);
    for (let count = 0; count < 2; count++) {
      await one.org.announce();
      one.org.takeOver();
    }
    assert.equal(await logon(one), "allow");
  });

  test("two logons that bring the same links at once keep them once, and a restarted agent follows them", async (t) => {
    const one = await rig(t);
    const { kty, crv, x, y } = await exportJWK(one.org.decision.publicKey);
    const read = await DecisionKeys.read(one.state, { kty, crv, x, y } as PublicJwk);
    assert.ok(read.ok);
    const links = [await one.org.announce(), await one.org.announce()];
    one.org.takeOver();
    const taken = await Promise.all([read.keys.take(links), read.keys.take(links), read.keys.take(links.slice(0, 1))]);
    assert.deepEqual(taken, [{ ok: true }, { ok: true }, { ok: true }]);
    assert.deepEqual(JSON.parse(readFileSync(fileOf(one.state), "utf8")).links, links);
    await one.agent.stop();
    assert.deepEqual(await (await runHere(t, one.state)).checked(), []);
  });

  test("one that lost its chain file begins again with the key of its enrolment", async (t) => {
    const one = await rig(t);
    await one.org.announce();
    one.org.takeOver();
    await one.agent.checked();
    await one.agent.stop();
    rmSync(fileOf(one.state));
    const again = await runHere(t, one.state);
    assert.deepEqual(await again.checked(), []);
    assert.ok(existsSync(fileOf(one.state)));
  });

  test("a chain file that somebody wrote to is a finding, and every logon is refused", async (t) => {
    const one = await rig(t);
    await one.org.announce();
    one.org.takeOver();
    await one.agent.checked();
    await one.agent.stop();
    const kept = JSON.parse(readFileSync(fileOf(one.state), "utf8"));
    const other = await OrgDouble.start({ tls: false });
    t.after(() => other.stop());
    for (const change of [{ links: [await other.announce()] }, { inForce: "A".repeat(43) }]) {
      writeFileSync(fileOf(one.state), JSON.stringify({ ...kept, ...change }), { mode: 0o600 });
      const again = await runHere(t, one.state);
      assert.deepEqual(causes(await again.checked()), ["config.invalid"]);
      await again.stop();
    }
  });
});

test("a disk that takes no new key is named, by the check and to whoever asked for it; the key that was there counts on", async (t) => {
  const one = await rig(t);
  mkdirSync(fileOf(one.state));
  await one.org.announce();
  assert.deepEqual(causes(await one.agent.checked()), ["host.disk"]);
  assert.equal(await logon(one), "allow", "the old key still signs");
  one.org.takeOver();
  assert.equal(await logon(one), "deny");
  assert.equal(one.attempts().at(-1)?.["cause"], "host.disk");
  rmSync(fileOf(one.state), { recursive: true });
  assert.deepEqual(await one.agent.checked(), []);
});

describe("S20: links that do not hold", () => {
  /** What a man in the middle, or an org with a stolen name, may answer instead of the right links. */
  const FORGERIES: { name: string; links: (org: OrgDouble) => Promise<string[]>; check: RegExp }[] = [
    {
      name: "by another key",
      async links(org) {
        const thief = await generateKeyPair("ES256", { extractable: true });
        const { kty, crv, x, y } = await exportJWK(thief.publicKey);
        const claims = { typ: "key", position: 2, previous: await thumbprintOf(org.decision), key: { kty, crv, x, y }, iat: 1 };
        return [await org.sign(JWS_TYPES.key, claims, thief.privateKey)];
      },
      check: /signature/,
    },
    {
      name: "with one missing",
      async links(org) {
        await org.announce();
        return [await org.announce()];
      },
      check: /signature/,
    },
    {
      name: "swapped",
      async links(org) {
        return [await org.announce(), await org.announce()].reverse();
      },
      check: /signature/,
    },
    {
      name: "that name another predecessor",
      async links(org) {
        const { kty, crv, x, y } = await exportJWK((await generateKeyPair("ES256", { extractable: true })).publicKey);
        return [await org.sign(JWS_TYPES.key, { typ: "key", position: 2, previous: "A".repeat(43), key: { kty, crv, x, y }, iat: 1 })];
      },
      check: /previous/,
    },
    {
      name: "with a gap in the positions",
      async links(org) {
        const first = await org.announce();
        const last = org.announced[0]?.pair ?? org.decision;
        const { kty, crv, x, y } = await exportJWK((await generateKeyPair("ES256", { extractable: true })).publicKey);
        const claims = { typ: "key", position: 4, previous: await thumbprintOf(last), key: { kty, crv, x, y }, iat: 1 };
        return [first, await org.sign(JWS_TYPES.key, claims, last.privateKey)];
      },
      check: /position/,
    },
    {
      name: "back to the key itself",
      async links(org) {
        const { kty, crv, x, y } = await exportJWK(org.decision.publicKey);
        const claims = { typ: "key", position: 2, previous: await thumbprintOf(org.decision), key: { kty, crv, x, y }, iat: 1 };
        return [await org.sign(JWS_TYPES.key, claims)];
      },
      check: /there before/,
    },
    {
      name: "of another type",
      async links(org) {
        const { kty, crv, x, y } = await exportJWK((await generateKeyPair("ES256", { extractable: true })).publicKey);
        const claims = { typ: "key", position: 2, previous: await thumbprintOf(org.decision), key: { kty, crv, x, y }, iat: 1 };
        return [await org.sign(JWS_TYPES.head, claims)];
      },
      check: /typ/,
    },
  ];
  for (const { name, links, check } of FORGERIES) {
    test(`${name}: refused, whoever brings them, and the old key stays`, async (t) => {
      const one = await rig(t);
      const forged = await links(one.org);
      const bring = async (_: unknown, normal: () => Promise<{ body?: unknown }>) => ({
        body: { ...((await normal()).body as object), keys: forged },
      });
      one.org.scripts[CHECK] = bring;
      // The links that the double would bring by itself are left out of its time.
      one.org.scripts[TIME] = async (_, normal) => ({ body: { ...((await normal()).body as object), keys: [] } });
      const [found] = await one.agent.checked();
      assert.equal(found?.cause, "agent.decision-invalid");
      assert.match(JSON.stringify(found?.evidence), check);
      assert.deepEqual(Object.keys(found?.evidence ?? {}), causeOf("agent.decision-invalid").evidence);
      one.org.scripts[TIME] = bring;
      assert.deepEqual(causes(await one.agent.checked()), ["url.wrong-org"]);
      assert.ok(!existsSync(fileOf(one.state)));
      one.org.scripts = {};
      assert.equal(await logon(one), "allow");
    });
  }
});

describe("an enrolment code from before a rotation", () => {
  test("leads to the key in force over the chain; without the chain, or with a forged one, it does not", async (t) => {
    const org = await OrgDouble.start();
    t.after(() => org.stop());
    const code = await org.code();
    const { kty, crv, x, y } = await exportJWK(org.decision.publicKey);
    const link = await org.announce();
    org.takeOver();
    const enrol = () => enrolHost({ code, name: "srv01", state: tempFolder(t) });
    const bare = await enrol();
    assert.deepEqual([bare.ok, !bare.ok && bare.finding.cause], [false, "url.wrong-org"]);
    const stranger = await OrgDouble.start({ tls: false });
    t.after(() => stranger.stop());
    for (const [links, good] of [
      [[link], true],
      [[await stranger.announce()], false],
      [[], false],
    ] as const) {
      org.scripts["/api/v1/hosts/enrol"] = async (_, normal) => ({
        body: { ...((await normal()).body as object), keys: { anchor: { kty, crv, x, y }, links } },
      });
      assert.equal((await enrol()).ok, good);
    }
  });
});
