/** Break-glass while the org is away, and all that must not let in by it (S27). */
import assert from "node:assert/strict";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { breakGlassAnswer, breakGlassHostKey, readChallenge } from "@sallyport/contracts";
import { answerTo, change, GLASS, last, next, OFFLINE, setUp } from "../../doubles/away.ts";
import { rig, runHere, tempFolder } from "../../doubles/rig.ts";
import { machineClocks } from "../clock.ts";
import { BreakGlassPrompt, keepBreakGlassKey } from "./break-glass.ts";

describe("break-glass", () => {
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

  test("one who tries the agent in a terminal is told apart from who was let in: in the agent's record and in the report", async (t) => {
    const one = await rig(t, { policy: GLASS });
    await one.org.stop();
    for (const provider of ["terminal", "pam"]) {
      const person = one.provider().hello({ provider }).begin();
      person.input({ code: answerTo(one, (await next(person)).text) });
      assert.equal((await next(person)).end, "allow");
    }
    await one.org.restart();
    await one.agent.checked();
    const trials = (records: { result?: unknown; evidence?: unknown }[]) =>
      records.filter(({ result }) => result === "allow").map(({ evidence }) => (evidence as { trial?: boolean }).trial);
    assert.deepEqual(trials(one.attempts()), [true, undefined]);
    assert.deepEqual(trials(one.org.reports), [true, undefined]);
  });

  test("S27: off by default, and only for the accounts that policy names", async (t) => {
    const one = await rig(t, { policy: { breakGlass: { users: ["bob"] } } });
    await one.org.stop();
    assert.equal((await next(one.provider().hello().begin())).end, "deny");
    const bob = one.provider().hello().begin({ username: "bob" });
    assert.match((await next(bob)).text, /User: bob/);
    bob.leave();
  });

  test("S27: a member of the policy's groups is let in by any of their account names, and the record says whom the org meant", async (t) => {
    const people = [{ login: "alice@corp.example", accounts: ["alice", "corp\\alice"] }];
    const one = await rig(t, { policy: { breakGlass: { people, users: ["root"] } } });
    await one.org.stop();
    for (const nobody of [{ username: "bob" }, { username: "alice", domain: "OTHER" }])
      assert.equal((await next(one.provider().hello().begin(nobody))).end, "deny");
    const root = one.provider().hello().begin({ username: "root" });
    assert.match((await next(root)).text, /User: root/, "an account of the machine itself stays with its name");
    root.leave();
    const person = one.provider().hello().begin({ username: "Alice", domain: "CORP" });
    person.input({ code: answerTo(one, (await next(person)).text) });
    assert.equal((await next(person)).end, "allow");
    assert.match(JSON.stringify(one.attempts().at(-1)?.["evidence"]), /"user":"CORP\\\\Alice".*"listedAs":"alice@corp.example"/);
  });

  test("S27: groups without members let nobody in, unlike a policy that names nobody", async (t) => {
    const one = await rig(t, { policy: { breakGlass: { people: [] } } });
    await one.org.stop();
    assert.equal((await next(one.provider().hello().begin())).end, "deny");
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
    again.leave();
  });

  test("S27: an answer that came after ten minutes is breakglass.expired, and was used up by that", async (t) => {
    const one = await rig(t, { policy: GLASS });
    await one.org.stop();
    const uptime = machineClocks.monotonic;
    let later = 0;
    t.mock.method(machineClocks, "monotonic", () => uptime() + later);
    const answerAfter = async (ms: number) => {
      const person = one.provider().hello().begin();
      const { text } = await next(person);
      later += ms;
      person.input({ code: answerTo(one, text) });
      return (await next(person)).end;
    };
    assert.equal(await answerAfter(601_000), "deny");
    const record = one.attempts().at(-1);
    assert.equal(record?.["cause"], "breakglass.expired");
    assert.match(JSON.stringify(record?.["evidence"]), /"user":"alice","shownAt":"20.*Z","ageSeconds":60[1-9]/);
    assert.equal(await answerAfter(590_000), "allow");
  });

  test("S27: an answer is used up at its prompt by the first time that it is right, also too late", async (t) => {
    const one = await rig(t, { policy: GLASS });
    const rightAt = (moments: number[]) => {
      const prompt = BreakGlassPrompt.begin(one.state, one.org.hostId, "alice", 0);
      assert.ok(prompt);
      const asked = { host: one.org.hostId, user: "alice", challenge: readChallenge(prompt.challenge) ?? "" };
      const answer = breakGlassAnswer(breakGlassHostKey(one.org.breakGlassMaster, one.org.hostId), asked);
      return moments.map((at) => prompt.judge(answer, Date.now, at).kind);
    };
    assert.deepEqual(rightAt([600_001, 2000]), ["no", "no"]);
    assert.deepEqual(rightAt([599_999, 599_999]), ["right", "no"]);
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
    const spent = one.provider().hello().begin();
    assert.match((await next(spent)).text, /Challenge: /);
    spent.leave();
  });
});
