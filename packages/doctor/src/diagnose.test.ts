/** Checks run side by side, each within its time; what they saw becomes one ranked answer. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CAUSES, type CauseId, diagnosis, type Incident, type Proof, type Verdict } from "@sallyport/contracts";
import fc from "fast-check";
import type { Answer, Check, Missed, Seen } from "./check.ts";
import { conclude, exitCodeOf } from "./conclude.ts";
import { type DiagnoseOptions, diagnose } from "./diagnose.ts";

interface Facts {
  org: string;
  host: string;
}

const proof = (value = "v"): Proof => ({ what: "w", value, where: "f:1" });
const saw = (cause: CauseId, verdict: Verdict = "confirmed", more: Partial<Seen> = {}): Seen => ({
  cause,
  verdict,
  evidence: [proof()],
  ...more,
});
const check = (code: string, run: Check<Facts>["run"], more: Partial<Check<Facts>> = {}): Check<Facts> => ({
  code,
  title: `the ${code}`,
  dependsOn: [],
  needs: [],
  run,
  ...more,
});
const says = (code: string, seen: Seen[], more: Partial<Check<Facts>> = {}) => check(code, async (): Promise<Answer> => ({ seen }), more);
const look = (checks: Check<Facts>[], more: Partial<DiagnoseOptions<Facts>> = {}) =>
  diagnose(checks, { facts: {}, limitMs: 60_000, bring: {}, ...more });
const causes = (found: { findings: { cause: CauseId }[] }) => found.findings.map(({ cause }) => cause);

describe("checks", () => {
  it("run side by side: each waits for the other to have begun", async () => {
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const meet = (own: PromiseWithResolvers<void>, other: PromiseWithResolvers<void>) => async () => {
      own.resolve();
      await other.promise;
      return { seen: [] };
    };
    assert.equal((await look([check("a", meet(first, second)), check("b", meet(second, first))])).healthy, true);
  });

  it("that take too long are not looked at, even if they do not listen; the others are", async () => {
    const ends: AbortController[] = [];
    const limits: number[] = [];
    const answer = look([check("deaf", () => new Promise(() => {})), says("b", [saw("net.dns")], { limitMs: 5 })], {
      limitMs: 2000,
      deadline: (ms) => {
        limits.push(ms);
        const end = new AbortController();
        ends.push(end);
        if (ms === 2000) queueMicrotask(() => end.abort());
        return end.signal;
      },
    });
    const found = await answer;
    assert.deepEqual(limits.sort(), [2000, 5].sort());
    assert.deepEqual(causes(found), ["net.dns"]);
    assert.deepEqual(found.notLookedAt, [{ what: "the deaf", why: "it took longer than 2 s" }]);
  });

  it("that hear the end of their time may still say what they saw until then", async () => {
    const deadline = () => AbortSignal.abort();
    const waits = check("a", async (_facts, signal) => ({ seen: [saw("net.timeout", signal.aborted ? "confirmed" : "unknown")] }));
    assert.deepEqual(
      (await look([waits], { deadline })).findings.map(({ verdict }) => verdict),
      ["confirmed"],
    );
  });

  it("that are told to stop hear it by their signal, and are not looked at", async () => {
    const stop = new AbortController();
    const heard = check("a", (_facts, signal) => {
      stop.abort();
      return signal.aborted ? Promise.reject(signal.reason) : Promise.resolve({ seen: [] });
    });
    assert.deepEqual((await look([heard], { signal: stop.signal })).notLookedAt, [{ what: "the a", why: "it was interrupted" }]);
  });

  it("that are told to stop may not take it for the end of their time", async () => {
    const stop = new AbortController();
    const waits = check("a", async () => {
      stop.abort();
      return { seen: [saw("net.timeout")] };
    });
    const found = await look([waits], { signal: stop.signal });
    assert.deepEqual([found.findings, found.notLookedAt], [[], [{ what: "the a", why: "it was interrupted" }]]);
  });

  it("that fail say so, and nobody is called healthy", async () => {
    const found = await look([check("a", () => Promise.reject(new TypeError("no such thing")))]);
    assert.deepEqual(found, {
      healthy: false,
      findings: [],
      incidents: [],
      notLookedAt: [{ what: "the a", why: "TypeError: no such thing" }],
    });
    assert.equal(exitCodeOf(found), 2);
  });

  it("whose facts are missing say how to bring them, and spoil nobody's health", async () => {
    const found = await look([says("a", [], { needs: ["org"] }), says("b", [saw("net.dns", "ruled-out")], { needs: ["host"] })], {
      facts: { host: "h" },
      bring: { org: "give --org URL" },
    });
    assert.deepEqual(found.notLookedAt, [{ what: "the a", why: "give --org URL" }]);
    assert.equal(exitCodeOf(found), 0);
  });

  it("that stand on another are not run when that one confirmed a cause or could not look, and wait for it in any case", async () => {
    let ran = 0;
    const second = check(
      "tcp",
      () => {
        ran += 1;
        return Promise.resolve({ seen: [] });
      },
      { dependsOn: ["dns"] },
    );
    assert.deepEqual((await look([second, says("dns", [saw("net.dns")])])).notLookedAt, [
      { what: "the tcp", why: "net.dns stands before it" },
    ]);
    const blind = await look([check("dns", () => Promise.reject(new Error("x"))), second]);
    assert.deepEqual(blind.notLookedAt.at(-1), { what: "the tcp", why: "the dns could not be looked at" });
    assert.equal(ran, 0);
    assert.equal((await look([second, says("dns", [saw("net.dns", "ruled-out")])])).healthy, true);
    assert.equal(ran, 1);
  });

  it("that stand on one that was itself kept from looking name what stands before all of them", async () => {
    const checks = [says("tls", [], { dependsOn: ["tcp"] }), says("tcp", [], { dependsOn: ["dns"] }), says("dns", [saw("net.dns")])];
    assert.deepEqual((await look(checks)).notLookedAt, [
      { what: "the tls", why: "net.dns stands before it" },
      { what: "the tcp", why: "net.dns stands before it" },
    ]);
  });

  it("tell how far they are", async () => {
    const told: string[] = [];
    await look([says("a", []), says("b", [], { dependsOn: ["a"] })], {
      onProgress: ({ done, all, title }) => told.push(`${done}/${all} ${title}`),
    });
    assert.deepEqual(told, ["1/2 the a", "2/2 the b"]);
  });
});

describe("a diagnosis", () => {
  it("folds a cause under those that can be behind it as it was seen, whoever else saw it too", () => {
    const above = (...seen: Seen[]) =>
      conclude({ seen: [saw("clock.host"), ...seen], incidents: [], missed: [] }).findings.find(({ cause }) => cause === "tls.expired")
        ?.dependsOn;
    assert.deepEqual(above(saw("tls.expired")), ["clock.host"]);
    assert.equal(above(saw("tls.expired", "confirmed", { explainedBy: [] })), undefined);
    assert.equal(above(saw("tls.expired"), saw("tls.expired", "confirmed", { explainedBy: ["tls.inspected"] })), undefined);
  });

  const incident = (kind: string, candidates: [CauseId, Verdict][], count = 1): Incident => ({
    kind,
    count,
    users: [],
    candidates: candidates.map(([cause, verdict]) => ({ cause, verdict, evidence: [proof("log")], decidedBy: "a look" })),
  });
  const from = (seen: Seen[], incidents: Incident[] = [], missed: Missed[] = []) => conclude({ seen, incidents, missed });

  it("names the root cause first, and what it explains below it", () => {
    const found = from([
      saw("tls.expired"),
      saw("tls.name", "ruled-out"),
      saw("client.secret-wrong"),
      saw("clock.host"),
      saw("client.secret-mangled"),
    ]);
    assert.deepEqual(
      found.findings.map(({ cause, dependsOn }) => [cause, dependsOn]),
      [
        ["client.secret-mangled", undefined],
        ["client.secret-wrong", ["client.secret-mangled"]],
        ["clock.host", undefined],
        ["tls.expired", ["clock.host"]],
        ["tls.name", undefined],
      ],
    );
  });

  it("lists confirmed, possible, ruled out and not known in this order, each cause once with its strongest verdict", () => {
    const found = from([
      saw("net.dns", "unknown"),
      saw("clock.host", "ruled-out"),
      saw("net.refused", "candidate"),
      saw("url.malformed"),
      saw("clock.host", "candidate"),
      saw("net.dns", "ruled-out"),
    ]);
    assert.deepEqual(
      found.findings.map(({ cause, verdict }) => `${cause} ${verdict}`),
      ["url.malformed confirmed", "clock.host candidate", "net.refused candidate", "net.dns ruled-out"],
    );
  });

  it("lets what was seen outrank the list of what an incident can mean", () => {
    const list: [CauseId, Verdict][] = [
      ["user.password", "candidate"],
      ["url.malformed", "candidate"],
      ["clock.host", "candidate"],
      ["url.trailing-slash", "candidate"],
    ];
    const found = from(
      [saw("url.trailing-slash"), saw("url.malformed", "ruled-out"), saw("clock.host", "candidate")],
      [incident("http-401", list)],
    );
    assert.deepEqual(
      found.incidents[0]?.candidates.map(({ cause, verdict }) => `${cause} ${verdict}`),
      ["url.trailing-slash confirmed", "clock.host candidate", "user.password candidate", "url.malformed ruled-out"],
    );
    assert.equal(found.findings[0]?.cause, "url.trailing-slash");
    assert.deepEqual(found.incidents[0]?.candidates[0]?.evidence, [proof(), proof("log")]);
  });

  it("does not let a fault explain a kind of incident that it cannot be behind", () => {
    const found = from(
      [saw("client.secret-mangled", "confirmed", { explains: ["secret-unusable"] })],
      [incident("http-401", [["client.secret-mangled", "candidate"]])],
    );
    assert.equal(found.incidents[0]?.candidates[0]?.verdict, "candidate");
    assert.equal(found.findings[0]?.verdict, "confirmed");
  });

  it("keeps what an exception proved by itself, whatever the settings say now", () => {
    const found = from([saw("tls.version", "ruled-out")], [incident("tls-handshake", [["tls.version", "confirmed"]])]);
    assert.equal(found.incidents[0]?.candidates[0]?.verdict, "confirmed");
    assert.equal(found.findings[0]?.verdict, "confirmed");
  });

  it("ends with 0 for healthy, 1 for findings, 2 where it could not look", () => {
    assert.equal(exitCodeOf(from([saw("net.dns", "ruled-out"), saw("clock.host", "unknown")], [], [{ what: "a", why: "b" }])), 0);
    assert.equal(exitCodeOf(from([saw("net.dns", "candidate")])), 1);
    assert.equal(exitCodeOf(from([], [incident("cut-off", [])])), 1);
    assert.equal(exitCodeOf(from([], [], [{ what: "a", why: "b", asked: true }])), 2);
    assert.equal(exitCodeOf(from([saw("net.dns")], [], [{ what: "a", why: "b", asked: true }])), 1);
  });

  it("has the one shape, ranks what it lists and folds only below what it lists, whatever was seen", () => {
    const ids = Object.keys(CAUSES) as CauseId[];
    const verdict = fc.constantFrom<Verdict>("confirmed", "candidate", "ruled-out", "unknown");
    const anySeen = fc.record({ cause: fc.constantFrom(...ids), verdict }).map(({ cause, verdict }) => saw(cause, verdict));
    const pair = fc.tuple(fc.constantFrom(...ids), fc.constantFrom<Verdict>("confirmed", "candidate"));
    const anyIncident = fc
      .tuple(fc.constantFrom("a", "b"), fc.array(pair, { maxLength: 6 }), fc.integer({ min: 1, max: 9 }))
      .map(([kind, list, count]) => incident(kind, list, count));
    const order = ["confirmed", "candidate", "ruled-out", "unknown"];
    fc.assert(
      fc.property(fc.array(anySeen, { maxLength: 30 }), fc.array(anyIncident, { maxLength: 4 }), (seen, incidents) => {
        const found = diagnosis.parse(from(seen, incidents));
        const ranks = found.findings.map(({ verdict }) => order.indexOf(verdict));
        assert.deepEqual(ranks, [...ranks].sort());
        assert.equal(new Set(causes(found)).size, found.findings.length);
        for (const cause of new Set(seen.map(({ cause }) => cause))) assert.ok(causes(found).includes(cause));
        const sure = found.findings.filter(({ verdict }) => verdict === "confirmed");
        for (const [at, { dependsOn = [] }] of sure.entries()) {
          for (const id of dependsOn) assert.ok(sure.some(({ cause }) => cause === id));
          if (dependsOn.length > 0) assert.ok(dependsOn.some((id) => sure.slice(0, at).some(({ cause }) => cause === id)));
        }
        if (sure.length > 0) assert.equal(sure[0]?.dependsOn, undefined);
        const counts = found.incidents.map(({ count }) => count);
        assert.deepEqual(
          counts,
          [...counts].sort((a, b) => b - a),
        );
      }),
      { numRuns: 500 },
    );
  });
});
