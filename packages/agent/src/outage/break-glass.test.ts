/** Break-glass while the org is away, and all that must not let in by it (S27). */
import assert from "node:assert/strict";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { breakGlassAnswer, breakGlassHostKey, readChallenge } from "@sallyport/contracts";
import { change, GLASS, last, next, OFFLINE, setUp } from "../../doubles/away.ts";
import { type Rig, rig, runHere, tempFolder } from "../../doubles/rig.ts";
import { BreakGlassPrompt, keepBreakGlassKey } from "./break-glass.ts";

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
    const late = prompt.judge(answer, Date.now, 1000 + 600_001);
    assert.deepEqual([late.kind, late.kind === "no" && late.cause], ["no", "breakglass.expired"]);
    assert.equal(prompt.judge(answer, Date.now, 2000).kind, "no");
    const fresh = BreakGlassPrompt.begin(one.state, one.org.hostId, "alice", 0);
    const right = breakGlassAnswer(breakGlassHostKey(one.org.breakGlassMaster, one.org.hostId), {
      ...asked,
      challenge: readChallenge(fresh?.challenge ?? "") ?? "",
    });
    assert.equal(fresh?.judge(right, Date.now, 599_999).kind, "right");
    assert.equal(fresh?.judge(right, Date.now, 599_999).kind, "no", "once");
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
