/** What the agent writes down: one record an attempt, findable by its reference, and never a secret. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { RIGHT_CODE } from "../doubles/org-double.ts";
import { rig } from "../doubles/rig.ts";
import { findAttempt } from "./find-attempt.ts";
import { readStatus } from "./status.ts";

const PLANTED = { password: "Planted-Passw0rd-7731", wrongCode: "918273", typed: "Planted-In-Code-Field", noise: "Planted-In-Garbage" };

test("S25: no password, code, token or key is ever in the log, the reports or the evidence", async (t) => {
  const one = await rig(t);
  one.org.firstStatus = "UNAUTHENTICATED";
  const terminal = one.provider().hello({ provider: "terminal" }).begin({ password: "none" });
  await terminal.next();
  terminal.input({ password: PLANTED.password });
  await terminal.next();
  terminal.leave();
  one.org.firstStatus = "MFA_REQUIRED";
  await one.provider().hello().begin().talk(PLANTED.wrongCode, PLANTED.typed, RIGHT_CODE);
  const garbage = one.provider().hello().begin();
  await garbage.next();
  garbage.raw(`{"input":{"id":1,"values":{"code":"${PLANTED.noise}"},"${PLANTED.noise}":1}}\n`);
  while (await garbage.next());
  await one.agent.checked();
  const { key } = JSON.parse(readFileSync(join(one.state, "host.json"), "utf8")) as { key: { d: string } };
  const tokens = one.org.calls
    .flatMap((call) => [call.body["stateToken"], call.claims?.["jti"], call.claims?.["gen"]])
    .filter((one) => typeof one === "string");
  const written = readdirSync(one.state)
    .filter((name) => statSync(join(one.state, name)).isFile() && name !== "host.json" && name !== "state.json")
    .map((name) => readFileSync(join(one.state, name), "utf8"));
  const everything = [...written, JSON.stringify(one.org.reports)].join("\n");
  assert.ok(everything.includes("door.malformed") && everything.includes("logon"), "the log was looked at");
  for (const secret of [...Object.values(PLANTED), key.d, ...tokens, "BEGIN PRIVATE"])
    assert.ok(!everything.includes(String(secret)), `${secret} was written`);
});

test("S21: every line of the log is one JSON object in UTC, whatever a user name holds", async (t) => {
  const one = await rig(t);
  const name = 'eve\n{"event":"logon","result":"allow"}\u2028\u0000"';
  const { end } = await one.provider().hello().begin({ username: name }).talk("000000", "000000", "000000");
  assert.ok(end && "end" in end && end.end.result === "deny");
  for (const line of one.log()) assert.match(String(line["time"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(
    one.attempts().map((record) => [record["username"], record["result"]]),
    [[name, "deny"]],
  );
});

test("an attempt is found by its reference as read aloud, also after the log was rotated", async (t) => {
  const one = await rig(t);
  const { end } = await one.provider().hello().begin().talk(RIGHT_CODE);
  assert.ok(end && "end" in end && end.end.reference);
  const reference = end.end.reference;
  renameSync(join(one.state, "agent.log"), join(one.state, "agent.log.1"));
  one.agent.reopenLog();
  await one.agent.checked();
  const [found, ...more] = await findAttempt(reference.toLowerCase().replace("-", " "), one.state);
  assert.deepEqual([found?.["reference"], found?.["result"], more.length], [reference, "allow", 0]);
  assert.deepEqual(await findAttempt("ZZZZ-ZZZZ", one.state), []);
  assert.deepEqual(await findAttempt("no reference", one.state), []);
});

test("the status is told by the running agent, and from its files when none runs", async (t) => {
  const one = await rig(t);
  const live = await readStatus({ state: one.state });
  assert.deepEqual([live.running, live.armed, live.policy?.version, live.lastCheck?.ok, live.findings], [true, true, 1, true, []]);
  await one.agent.stop();
  const still = await readStatus({ state: one.state });
  assert.deepEqual([still.running, still.armed, still.host, still.findings], [false, true, one.org.hostId, []]);
});
