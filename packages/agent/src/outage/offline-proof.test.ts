/** Offline codes while the org is away, and all that must not let in by them (S27). */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { describe, test } from "node:test";
import { change, fileOf, freshCode, GLASS, last, next, OFFLINE, proofOf, setUp, tryOffline } from "../../doubles/away.ts";
import { RIGHT_CODE } from "../../doubles/org-double.ts";
import { rig, runHere } from "../../doubles/rig.ts";
import { base32 } from "./totp.ts";

describe("offline codes", () => {
  test("are set up after a logon with the org, let in once while it is away, and are reported when it is back", async (t) => {
    const one = await rig(t, { policy: OFFLINE });
    const secret = await setUp(one);
    assert.equal(statSync(fileOf(one.state, "offline")).mode & 0o777, 0o600);
    await one.org.stop();
    const code = freshCode(secret);
    assert.equal(await tryOffline(one, code), "allow");
    assert.deepEqual(last(one), ["allow", undefined]);
    assert.equal(await tryOffline(one, code, code, code), "deny");
    assert.deepEqual(last(one), ["deny", "factor.code-used"]);
    await one.org.restart();
    await one.agent.checked();
    const reported = one.org.reports.find(({ result }) => result === "allow");
    assert.deepEqual(
      [reported?.evidence?.["proof"], reported?.evidence?.["fault"], reported?.evidence?.["used"]],
      ["offline", "net.refused", 1],
    );
    const kept = JSON.stringify([one.log(), one.org.reports]);
    for (const planted of [base32(secret), Buffer.from(secret).toString("base64url"), code]) assert.equal(kept.includes(planted), false);
  });

  test("S27: off by default: nobody is offered any, and a proof that policy does not grant any more lets nobody in", async (t) => {
    const plain = await rig(t);
    assert.equal((await plain.provider().hello().begin().talk(RIGHT_CODE)).shows.length, 1);
    const granted = await rig(t, { policy: OFFLINE });
    const unproved = await granted.provider().hello().begin({ password: "none" }).talk(RIGHT_CODE);
    assert.deepEqual([unproved.shows.length, last(granted)], [1, ["allow", undefined]], "nor where no password of the machine is proved");
    const one = await rig(t, { policy: OFFLINE });
    const secret = await setUp(one);
    one.org.policy = { version: 2 };
    await one.agent.checked();
    await one.org.stop();
    assert.equal(await tryOffline(one, freshCode(secret)), "deny");
    assert.deepEqual(last(one), ["deny", "net.refused"]);
  });

  test("S27: are capped in number and in days since the last logon with the org, which begins the count anew", async (t) => {
    const one = await rig(t, { policy: OFFLINE });
    const secret = await setUp(one);
    change(one.state, { used: 2 });
    await one.org.stop();
    assert.equal(await tryOffline(one, freshCode(secret)), "deny");
    assert.deepEqual(last(one), ["deny", "factor.offline-spent"]);
    change(one.state, { used: 0, lastOnline: Date.now() - 8 * 86_400_000 });
    assert.equal(await tryOffline(one, freshCode(secret)), "deny");
    assert.deepEqual(last(one), ["deny", "factor.offline-expired"]);
    change(one.state, { used: 2 });
    await one.org.restart();
    one.org.rightCode = "654321";
    assert.equal((await one.provider().hello().begin().talk("654321")).shows.length, 1, "nobody who has codes is asked again");
    assert.deepEqual([proofOf(one.state)["used"], Number(proofOf(one.state)["lastOnline"]) > Date.now() - 60_000], [0, true]);
  });

  test("S11, S18: who gets in by a recovery or bypass code sets none up, and begins no count anew", async (t) => {
    const fresh = await rig(t, { policy: OFFLINE });
    const one = await rig(t, { policy: OFFLINE });
    await setUp(one);
    change(one.state, { used: 2 });
    for (const proof of ["bypass", "recovery"]) {
      for (const { org } of [fresh, one]) org.decisionChange = (claims) => ({ ...claims, amr: ["pwd", proof] });
      fresh.org.rightCode = one.org.rightCode = proof === "bypass" ? "654321" : "765432";
      const { shows, end } = await fresh.provider().hello().begin().talk(fresh.org.rightCode);
      assert.deepEqual([shows.length, end && "end" in end && end.end.result], [1, "allow"], proof);
      await one.provider().hello().begin().talk(one.org.rightCode);
      assert.equal(proofOf(one.state)["used"], 2, proof);
    }
  });

  test("S27: a code stays used up when the agent is started anew, and wrong ones stay counted", async (t) => {
    const one = await rig(t, { policy: OFFLINE });
    const secret = await setUp(one);
    await one.org.stop();
    const code = freshCode(secret);
    assert.equal(await tryOffline(one, code), "allow");
    await one.agent.stop();
    const again = await runHere(t, one.state);
    const two = { ...one, agent: again };
    assert.equal(await tryOffline(two, code, "000000", "111111"), "deny");
    assert.deepEqual([proofOf(one.state)["failures"], proofOf(one.state)["used"]], [3, 1]);
    assert.equal(await tryOffline(two, freshCode(secret), freshCode(secret), freshCode(secret)), "deny");
    assert.deepEqual(last(one), ["deny", "factor.throttled"]);
    change(one.state, { failures: 20, nextTryAt: 0 });
    assert.equal(await tryOffline(two, freshCode(secret)), "deny");
    assert.deepEqual(last(one), ["deny", "factor.locked"]);
  });

  test("S27: two logons with one code at once: one is let in", async (t) => {
    const one = await rig(t, { policy: OFFLINE });
    const secret = await setUp(one);
    await one.org.stop();
    const code = freshCode(secret);
    const people = Array.from({ length: 8 }, () => one.provider().hello().begin());
    for (const person of people) await next(person);
    for (const person of people) person.input({ code });
    const ends = await Promise.all(people.map(async (person) => (await next(person)).end));
    assert.equal(ends.filter((end) => end === "allow").length, 1);
    for (const person of people) person.leave();
  });

  test("S27: nothing of it on a TLS fault, an error of the org, after a show, without a password, or for xrdp", async (t) => {
    const one = await rig(t, { policy: { ...OFFLINE, ...GLASS } });
    await setUp(one);
    const began = one.provider().hello().begin();
    await next(began);
    one.org.scripts["*"] = () => ({ status: 503, body: {} });
    assert.equal(await tryOffline(one), "deny");
    assert.equal(last(one)[1], "http.server-error");
    delete one.org.scripts["*"];
    // Another CA: somebody in the middle, or nobody's fault; either way no outage.
    const { issue } = await import("../../doubles/certificates.ts");
    const stranger = issue({ subject: "stranger", names: ["localhost"] });
    await one.org.restart({ cert: stranger.pem, key: stranger.keyPem });
    assert.equal(await tryOffline(one), "deny");
    assert.match(String(last(one)[1]), /^tls\./);
    await one.org.stop();
    began.input({ code: RIGHT_CODE });
    assert.equal((await next(began)).end, "deny", "what was begun with the org ends with it");
    assert.equal((await next(one.provider().hello().begin({ password: "none" }))).end, "deny");
    const serial = one.provider().hello({ conversation: false, serial: true }).begin({ service: "xrdp" });
    assert.equal((await next(serial)).end, "deny");
  });

  test("a person who wants none is not asked again, and one who leaves the question open is", async (t) => {
    const one = await rig(t, { policy: OFFLINE });
    const logOn = async (code: string, answer: Record<string, string>) => {
      one.org.rightCode = code;
      const person = one.provider().hello().begin();
      await next(person);
      person.input({ code });
      const offered = await next(person);
      if (offered.end) return "not asked";
      person.input(answer);
      assert.equal((await next(person)).end, "allow");
      return "asked";
    };
    assert.equal(await logOn("111111", { later: "pressed" }), "asked");
    assert.equal(await logOn("222222", { offline: "no" }), "asked");
    assert.equal(await logOn("333333", {}), "not asked");
  });
});
