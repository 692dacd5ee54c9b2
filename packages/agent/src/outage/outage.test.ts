/** Logons while the org is away: offline codes and break-glass, and all that must not let in by them (S27). */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type AgentFrame, breakGlassAnswer, breakGlassHostKey, readChallenge } from "@sallyport/contracts";
import { RIGHT_CODE } from "../../doubles/org-double.ts";
import { type Rig, rig, runHere, tempFolder } from "../../doubles/rig.ts";
import { BreakGlassPrompt, keepBreakGlassKey } from "./break-glass.ts";
import { base32, codeAt } from "./totp.ts";

const OFFLINE = { offline: { days: 7, uses: 2 } };
const GLASS = { breakGlass: {} };
const STEP = 30_000;

type Person = ReturnType<Rig["provider"]>;

/** The next show, whatever it asks; or how it ended. */
async function next(person: Person) {
  const frame: AgentFrame | undefined = await person.next();
  if (frame && "show" in frame) return { text: frame.show.text ?? "", field: frame.show.fields?.at(-1), show: frame.show, end: undefined };
  assert.ok(frame && "end" in frame, JSON.stringify(frame));
  return { text: "", field: undefined, show: undefined, end: frame.end.result };
}

const last = ({ attempts }: Rig) => [attempts().at(-1)?.["result"], attempts().at(-1)?.["cause"]];
const fileOf = (state: string, folder: string) =>
  join(state, folder, readdirSync(join(state, folder)).find((name) => name.endsWith(".json")) ?? "");
const proofOf = (state: string) =>
  JSON.parse(readFileSync(fileOf(state, "offline"), "utf8")) as Record<string, number> & { secret: string };

/** Changes what the agent keeps, as time would. */
function change(state: string, values: object): void {
  writeFileSync(fileOf(state, "offline"), JSON.stringify({ ...proofOf(state), ...values }), { mode: 0o600 });
}

/** A logon with the org in which the person sets offline codes up. */
async function setUp(one: Rig): Promise<Uint8Array> {
  const person = one.provider().hello().begin();
  await next(person);
  person.input({ code: RIGHT_CODE });
  assert.match((await next(person)).text, /Set up offline codes/);
  person.input({ offline: "yes" });
  const shown = await next(person);
  const secret = /by hand: ([A-Z2-7 ]+)/.exec(shown.text)?.[1]?.replaceAll(" ", "") ?? "";
  const uri = String(shown.show?.fields?.[0]?.value);
  assert.match(uri, new RegExp(`^otpauth://totp/Sallyport%20offline%20srv01:alice\\?secret=${secret}&`));
  assert.equal(shown.show?.fields?.[0]?.kind, "qr");
  const key = fromBase32(secret);
  person.input({ code: "00000x" });
  await next(person);
  person.input({ code: codeAt(key, Math.floor(Date.now() / STEP)) });
  assert.equal((await next(person)).end, "allow");
  return key;
}

function fromBase32(text: string): Uint8Array {
  const bits = [...text].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
}

/** A code of a step that was not used yet; two steps of the three that count lie behind the one of the set-up at most. */
const freshCode = (secret: Uint8Array, ahead = 1) => codeAt(secret, Math.floor(Date.now() / STEP) + ahead);

async function tryOffline(one: Rig, ...codes: string[]) {
  const person = one.provider().hello().begin();
  for (;;) {
    const seen = await next(person);
    if (seen.end) return seen.end;
    person.input({ code: codes.shift() ?? "000000" });
  }
}

test("codes are those of RFC 6238, and secrets those of RFC 4648", () => {
  const secret = Buffer.from("12345678901234567890");
  const expected = { 59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037" };
  for (const [seconds, code] of Object.entries(expected)) assert.equal(codeAt(secret, Math.floor(Number(seconds) / 30)), code);
  assert.equal(base32(secret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  assert.equal(base32(Buffer.from("foobar")), "MZXW6YTBOI");
});

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
    assert.deepEqual(ends.filter((end) => end === "allow").length, 1);
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

describe("break-glass", () => {
  const answerTo = (one: Rig, text: string, more: object = {}) => {
    const host = /\((hst_[0-9A-Za-z]+)\)/.exec(text)?.[1] ?? "";
    const user = /User: (.*)/.exec(text)?.[1] ?? "";
    const challenge = readChallenge(/Challenge: (.*)/.exec(text)?.[1] ?? "") ?? "";
    assert.equal(host, one.org.hostId);
    return breakGlassAnswer(breakGlassHostKey(one.org.breakGlassMaster, host), { host, user, challenge, ...more });
  };

  test("the answer to the challenge lets in once, at that prompt, and is reported when the org is back", async (t) => {
    const one = await rig(t, { policy: GLASS });
    assert.equal(statSync(join(one.state, "break-glass.json")).mode & 0o777, 0o600);
    await one.org.stop();
    const person = one.provider().hello().begin();
    const shown = await next(person);
    assert.match(shown.text, /Machine: srv01 \(hst_.*\)\nUser: alice\nChallenge: ([0-9A-Z]{4}-){3}[0-9A-Z]{4}$/);
    assert.ok((shown.show?.seconds ?? 0) >= 600);
    const answer = answerTo(one, shown.text);
    assert.match(answer, /^([0-9A-Z]{4}-){4}[0-9A-Z]{4}$/);
    const other = one.provider().hello().begin();
    await next(other);
    other.input({ code: answer });
    assert.match((await next(other)).text, /not right/, "another prompt has another challenge");
    other.leave();
    person.input({ code: answer.toLowerCase().replaceAll("-", " ") });
    assert.equal((await next(person)).end, "allow");
    await one.org.restart();
    await one.agent.checked();
    const reported = one.org.reports.find(({ result }) => result === "allow");
    assert.equal(reported?.evidence?.["proof"], "break-glass");
    assert.equal(JSON.stringify([one.log(), one.org.reports]).includes(answer), false);
  });

  test("S27: off by default, and only for the accounts that policy names", async (t) => {
    const one = await rig(t, { policy: { breakGlass: { users: ["bob"] } } });
    await one.org.stop();
    assert.equal((await next(one.provider().hello().begin())).end, "deny");
    const bob = one.provider().hello().begin({ username: "bob" });
    assert.match((await next(bob)).text, /User: bob/);
  });

  test("S27: an answer for another user, machine or challenge, or by an old key, is breakglass.wrong; the third ends it, and the wait outlives the agent", async (t) => {
    const one = await rig(t, { policy: GLASS });
    await one.org.stop();
    const person = one.provider().hello().begin();
    const { text } = await next(person);
    for (const wrong of [answerTo(one, text, { user: "bob" }), answerTo(one, text, { challenge: "0000000000000000" })]) {
      person.input({ code: wrong });
      assert.match((await next(person)).text, /That is not right|That code is not right/);
    }
    person.input({ code: answerTo(one, text, { host: "hst_00000000000000000000" }) });
    assert.equal((await next(person)).end, "deny");
    assert.deepEqual(last(one), ["deny", "breakglass.wrong"]);
    await one.agent.stop();
    await runHere(t, one.state);
    const again = one.provider().hello().begin();
    const shown = await next(again);
    again.input({ code: answerTo(one, shown.text) });
    assert.match((await next(again)).text, /wait \d+ seconds/);
  });

  test("S27: an answer that came after ten minutes is breakglass.expired, and was used up by that", async (t) => {
    const one = await rig(t, { policy: GLASS });
    const prompt = BreakGlassPrompt.begin(one.state, one.org.hostId, "alice", 1000);
    assert.ok(prompt);
    const asked = { host: one.org.hostId, user: "alice", challenge: readChallenge(prompt.challenge) ?? "" };
    const answer = breakGlassAnswer(breakGlassHostKey(one.org.breakGlassMaster, one.org.hostId), asked);
    const late = prompt.judge(answer, Date.now(), 1000 + 600_001);
    assert.deepEqual([late.kind, late.kind === "no" && late.cause], ["no", "breakglass.expired"]);
    assert.equal(prompt.judge(answer, Date.now(), 2000).kind, "no");
    const fresh = BreakGlassPrompt.begin(one.state, one.org.hostId, "alice", 0);
    const right = breakGlassAnswer(breakGlassHostKey(one.org.breakGlassMaster, one.org.hostId), {
      ...asked,
      challenge: readChallenge(fresh?.challenge ?? "") ?? "",
    });
    assert.equal(fresh?.judge(right, Date.now(), 599_999).kind, "right");
    assert.equal(fresh?.judge(right, Date.now(), 599_999).kind, "no", "once");
  });

  test("the key is taken only if the org signed it for this host, and goes with the right to it", async (t) => {
    const one = await rig(t, { policy: GLASS });
    const folder = tempFolder(t);
    const keys = { keys: () => [one.org.decision.publicKey] };
    const keep = async (jws: string | undefined) => keepBreakGlassKey(folder, one.org.hostId, keys, jws);
    assert.equal((await keep(await one.org.breakGlassKey({ host: "hst_00000000000000000000" })))?.check, "host");
    assert.equal((await keep(await one.org.sign("sallyport-policy+jws", {})))?.check, "typ");
    assert.deepEqual(readdirSync(folder), []);
    assert.equal(await keep(await one.org.breakGlassKey()), undefined);
    assert.deepEqual(readdirSync(folder), ["break-glass.json"]);
    assert.equal((await keep(await one.org.breakGlassKey({ iat: 1 })))?.check, "iat");
    writeFileSync(join(folder, "break-glass.json"), "{");
    assert.throws(() => BreakGlassPrompt.begin(folder, one.org.hostId, "alice", 0), /config\.invalid/, "S22");
    assert.equal(await keep(await one.org.breakGlassKey()), undefined, "the next self-check puts it right");
    assert.ok(BreakGlassPrompt.begin(folder, one.org.hostId, "alice", 0));
    await keep(undefined);
    assert.deepEqual(readdirSync(folder), []);
  });

  test("whoever has offline codes too chooses; with codes that are spent the challenge is shown at once", async (t) => {
    const one = await rig(t, { policy: { ...OFFLINE, ...GLASS } });
    await setUp(one);
    await one.org.stop();
    const person = one.provider().hello().begin();
    const shown = await next(person);
    assert.deepEqual(
      shown.field?.choices?.map(({ value }) => value),
      ["break-glass"],
    );
    person.input({ code: "break-glass" });
    const glass = await next(person);
    person.input({ code: answerTo(one, glass.text) });
    assert.equal((await next(person)).end, "allow");
    change(one.state, { used: 2 });
    assert.match((await next(one.provider().hello().begin())).text, /Challenge: /);
  });
});
