/** What the setup of a Windows machine takes of a diagnosis: what was found, with its evidence; of what was not looked at only what matters. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Diagnosis, DoctorFinding } from "@sallyport/contracts";
import { read } from "./windows-examine.ts";

const finding = (verdict: DoctorFinding["verdict"]): DoctorFinding => ({
  cause: "net.refused",
  verdict,
  title: "nobody answers",
  evidence: [
    { what: "the connection", value: "ECONNREFUSED", where: "mfa.example:443" },
    { what: "address", value: "192.0.2.1", where: "DNS" },
  ],
  fix: "start the org",
  who: "administrator",
});

const diagnosis = (change: Partial<Diagnosis>): Diagnosis => ({
  healthy: false,
  findings: [],
  incidents: [],
  notLookedAt: [{ what: "the clocks", why: "it took longer than 7 s" }],
  ...change,
});

test("what is confirmed or possible is taken, what was ruled out or could not be seen is not", () => {
  const findings = (["confirmed", "candidate", "ruled-out", "unknown"] as const).map(finding);
  const { found } = read(diagnosis({ findings }), "agent");
  assert.deepEqual(
    found.map(({ sure, about, evidence, fix }) => [sure, about, evidence, fix]),
    [true, false].map((sure) => [sure, "agent", "the connection: ECONNREFUSED, address: 192.0.2.1", "start the org"]),
  );
});

test("what was not looked at is said of the machine, and of the agent where nothing else explains it", () => {
  const missed = ["the clocks (it took longer than 7 s)"];
  assert.deepEqual(read(diagnosis({ healthy: true }), "machine").missed, missed);
  assert.deepEqual(read(diagnosis({}), "agent").missed, missed);
  assert.deepEqual(read(diagnosis({ healthy: true }), "agent").missed, []);
  assert.deepEqual(read(diagnosis({ findings: [finding("confirmed")] }), "agent").missed, []);
});
