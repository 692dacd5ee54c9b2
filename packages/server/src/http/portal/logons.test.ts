/** A person's logons on their own pages: only theirs, in plain words; and what *this was not me* does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CAUSES, plainReason } from "@sallyport/contracts";
import { blankEnrolment } from "../../flows/blank-enrolment.ts";
import { reasonOf } from "../../flows/me/my-logons.ts";
import type { LogonRow } from "../../flows/store-logons.ts";
import { openOrg, type TestOrg } from "../org.fixture.ts";
import { makeSomeone, TestBrowser } from "./signed-in.fixture.ts";

async function insertLogon(org: TestOrg, userId: string, reference: string, change: Partial<LogonRow> = {}): Promise<void> {
  const row: LogonRow = {
    reference,
    hostId: "hst_1",
    appId: "app_1",
    username: "alice",
    domain: null,
    userId,
    service: "sshd",
    scenario: "logon",
    address: { value: "203.0.113.7", origin: "socket" },
    started: org.clock.now,
    ended: org.clock.now,
    result: "deny",
    cause: "factor.code-wrong",
    told: null,
    rule: "secret rule",
    amr: [],
    evidence: { tries: 3 },
    ...change,
  };
  await org.store.inTransaction((tx) => tx.logons.insert(row));
}

test("every cause has its plain word, and the words are those of the table", () => {
  const words = new Set(Object.keys(CAUSES).map((cause) => reasonOf(cause as keyof typeof CAUSES)));
  assert.deepEqual([...words].sort(), [...plainReason.options].sort());
  assert.equal(reasonOf("factor.push-timeout"), "no-answer");
  assert.equal(reasonOf("network.tls" as keyof typeof CAUSES), "trouble");
  assert.equal(reasonOf(null), null);
});

test("S18: a person sees and disowns their own logons, and nobody else's", async (t) => {
  const org = await openOrg(t);
  const [alice, mallory] = [await makeSomeone(org, "alice"), await makeSomeone(org, "mallory")];
  await insertLogon(org, alice.id, "K7QF-3M2P");
  await insertLogon(org, mallory.id, "AAAA-BBBB");
  const browser = new TestBrowser(org);
  await browser.signIn(alice);
  const { body, text } = await browser.call("GET", "/api/v1/me/logons");
  assert.deepEqual(
    body.map(({ reference, result, reason, disowned }: any) => [reference, result, reason, disowned]),
    [["K7QF-3M2P", "deny", "code", false]],
  );
  assert.doesNotMatch(text, /secret rule|tries|factor\.code/, "no internals");
  const say = (reference: string, host = "hst_1") => browser.call("POST", "/api/v1/me/logons/not-me", { host, reference });
  assert.equal((await say("AAAA-BBBB")).status, 404);
  assert.equal((await say("K7QF-3M2P", "hst_2")).status, 404);
  assert.equal((await say("K7QF-3M2P")).status, 204);
  assert.equal((await say("K7QF-3M2P")).status, 204, "twice is once");
  const said = await org.events("logon.disowned");
  assert.deepEqual(
    said.map(({ actor, reference, data }) => [actor.id, reference, data["stop"]]),
    [[alice.id, "K7QF-3M2P", undefined]],
  );
  assert.equal((await browser.call("GET", "/api/v1/me/logons")).body[0].disowned, true);
});

test("S10: whoever has a phone gets no more requests from the place of a logon that was not theirs, until an administrator has looked", async (t) => {
  const org = await openOrg(t);
  const alice = await makeSomeone(org, "alice");
  await org.store.inTransaction((tx) =>
    tx.enrolments.insert({ ...blankEnrolment(tx.now), userId: alice.id, kind: "push", status: "ACTIVE", handle: "phone" }),
  );
  await insertLogon(org, alice.id, "K7QF-3M2P");
  const browser = new TestBrowser(org);
  await browser.signIn(alice);
  await browser.call("POST", "/api/v1/me/logons/not-me", { host: "hst_1", reference: "K7QF-3M2P" });
  const stops = await org.store.read((tx) => tx.pushStops.standing(alice.id));
  assert.deepEqual(
    stops.map(({ scope, hostId, address }) => [scope, hostId, address]),
    [["place", "hst_1", "203.0.113.7"]],
  );
  assert.equal((await org.events("logon.disowned"))[0]?.data["stop"], stops[0]?.id);
});
