/** Of three clocks the one that stands apart is named, and none where two words stand against each other. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgeClocks } from "./clock.ts";
import { FAULTS } from "./faults.fixture.ts";
import { confirmed, look, lookAt, ntpAnswer, page, possible, ruledOut, startTimeServer, type World } from "./world.fixture.ts";

type Row = [what: string, hostMs: number, orgMs: number, servers: number[], confirmed: string[], possible: string[]];

/** Offsets against the true time. */
const ROWS: Row[] = [
  ["all agree", 0, 0, [0], [], []],
  ["the host is off, and no time server is known", 60_000, 0, [], ["clock.host"], []],
  ["the host is off", 60_000, 0, [0], ["clock.host"], []],
  ["the org is off", 0, 60_000, [0], ["clock.org"], []],
  ["the time server is off: it may be the server", 0, 0, [60_000], [], ["clock.host", "clock.org"]],
  ["host and org are off together, by two time servers", 60_000, 60_000, [0, 0], ["clock.org", "clock.host"], []],
  ["all three differ: the host is off in any case", 60_000, -60_000, [0], ["clock.host"], ["clock.org"]],
  ["all differ, and two time servers agree", 60_000, -60_000, [0, 0], ["clock.org", "clock.host"], []],
  ["one of three time servers is off", 0, 0, [0, 60_000, 0], [], []],
];

describe("three clocks", () => {
  for (const [what, hostMs, orgMs, servers, sure, open] of ROWS) {
    it(what, async (t) => {
      const found = await look(t, (world) => Object.assign(world, { hostMs, orgMs, servers }));
      assert.deepEqual([confirmed(found), possible(found), found.healthy], [sure, open, sure.length + open.length === 0]);
    });
  }

  it("a second and a half is nothing, two and a half are a finding", async (t) => {
    assert.deepEqual(confirmed(await look(t, (world) => Object.assign(world, { hostMs: 1500, servers: [0] }))), []);
    assert.deepEqual(confirmed(await look(t, (world) => Object.assign(world, { hostMs: 2500, servers: [0] }))), ["clock.host"]);
  });

  it("an offset within the doubt of a slow way is not known", () => {
    const verdicts = (offsetMs: number, doubtMs: number) =>
      judgeClocks({ org: { offsetMs, doubtMs, by: "signed" }, vouched: true, servers: [] }).seen.map(({ verdict }) => verdict);
    assert.deepEqual(
      [verdicts(2500, 1000), verdicts(1500, 1000), verdicts(4000, 1000), verdicts(-900, 1000)],
      [["unknown"], ["unknown"], ["confirmed"], ["ruled-out"]],
    );
  });

  it("a time that nobody vouches for proves nothing", () => {
    const seen = judgeClocks({ org: { offsetMs: 60_000, doubtMs: 10, by: "claimed" }, vouched: false, servers: [] }).seen;
    assert.deepEqual(
      seen.map(({ cause, verdict }) => [cause, verdict]),
      [["clock.host", "candidate"]],
    );
  });

  it("whoever answers instead of the org is not asked for the time", async (t) => {
    const late: World["script"] = (call, normal) => ({
      ...page(call, normal),
      headers: { "content-type": "text/html", date: "Mon, 01 Jan 2024 00:00:00 GMT" },
    });
    const found = await look(t, (world) => Object.assign(FAULTS.captive.bring(world), { script: late }));
    assert.deepEqual([confirmed(found), possible(found), ruledOut(found).includes("clock.host")], [["net.captive"], [], false]);
  });

  it("where the org is not heard, time servers alone tell: two that agree prove it, one does not", async (t) => {
    const lost = (servers: number[]) => look(t, (world) => Object.assign(world, { url: "https://224.0.0.1", hostMs: 3_600_000, servers }));
    assert.deepEqual(possible(await lost([0])), ["clock.host"]);
    assert.deepEqual(confirmed(await lost([0, 0])), ["clock.host", "net.unreachable"]);
  });

  it("time servers that do not agree are not believed, and it is said", async (t) => {
    const found = await look(t, (world) => Object.assign(world, { servers: [0, 60_000] }));
    assert.deepEqual([confirmed(found), possible(found)], [[], []]);
    assert.ok(!ruledOut(found).includes("clock.org"));
    assert.match(JSON.stringify(found.notLookedAt), /the time servers.*do not agree/);
  });
});

describe("a time server", () => {
  const bad: [string, Parameters<typeof startTimeServer>[1], RegExp][] = [
    ["that is silent", () => undefined, /no answer/],
    ["that does not know the time itself", () => ntpAnswer(Date.now(), (answer) => answer.writeUInt8(0xe4, 0)), /does not know the time/],
    ["that wants to be left alone", () => ntpAnswer(Date.now(), (answer) => answer.fill(0, 1, 2).write("RATE", 12)), /it refuses: RATE/],
    ["that is none", () => ntpAnswer(Date.now(), (answer) => answer.writeUInt8(0x23, 0)), /mode 3/],
    ["that sends no time", () => ntpAnswer(Date.now(), (answer) => answer.fill(0, 40)), /holds no time/],
    ["whose answer is for another question", () => ntpAnswer(Date.now(), (answer) => answer.fill(7, 24, 32)), /no answer/],
    ["whose answer is too short", () => (question) => question.subarray(0, 20), /no answer/],
  ];
  for (const [what, answer, why] of bad) {
    it(`${what} is not looked at, and not called healthy if somebody named it`, async (t) => {
      const server = await startTimeServer(t, answer);
      const found = await lookAt({ timeServers: [{ ...server, asked: true }] });
      assert.deepEqual([found.findings, found.healthy], [[], false]);
      assert.match(JSON.stringify(found.notLookedAt), why);
    });
  }

  it("where nothing listens is told by the system, at once", async (t) => {
    const server = await startTimeServer(t, () => undefined);
    const found = await lookAt({ timeServers: [{ ...server, port: server.port + 1 === 65_536 ? 1 : server.port + 1 }] });
    assert.match(JSON.stringify(found.notLookedAt), /ECONNREFUSED|no answer/);
  });

  it("counts on after 2036 (RFC 4330 §3)", async (t) => {
    const now = Date.UTC(2040, 0, 1);
    const server = await startTimeServer(t, () => ntpAnswer(now));
    const found = await lookAt({ timeServers: [server, server] }, now - Date.now());
    assert.deepEqual([ruledOut(found), confirmed(found)], [["clock.host"], []]);
  });

  it("sees no time and no name of this machine", async (t) => {
    const asked: Buffer[] = [];
    const server = await startTimeServer(t, () => (question) => {
      asked.push(Buffer.from(question));
      return ntpAnswer(Date.now())(question);
    });
    await lookAt({ timeServers: [server] });
    await lookAt({ timeServers: [server] });
    const [one, other] = asked;
    assert.deepEqual([one?.[0], one?.subarray(1, 40).every((byte) => byte === 0)], [0x23, true]);
    assert.notDeepEqual(one?.subarray(40), other?.subarray(40));
    assert.ok(Math.abs((one?.readUInt32BE(40) ?? 0) - 2_208_988_800 - Date.now() / 1000) > 60, "the stamp is drawn, not the clock");
  });
});
