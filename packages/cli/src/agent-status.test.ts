/** How `sallyport agent status` says how an agent stands. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { AgentStatus } from "@sallyport/agent";
import { isWell, statusLines } from "./agent-status.ts";

const WELL: AgentStatus = {
  version: "1.2.3",
  running: true,
  enrolled: true,
  org: "https://mfa.example",
  host: "hst_1",
  armed: true,
  armedSince: "2026-05-06T03:00:00.000Z",
  policy: { version: 4, expires: "2026-05-07T03:00:00.000Z" },
  offsetMs: -90_040,
  lastCheck: { ok: true, findings: [], at: "2026-05-06T03:01:00.000Z" },
  reportsWaiting: 0,
  findings: [],
};

test("a healthy agent is told in one line for each thing", () => {
  assert.deepEqual(statusLines(WELL, ""), [
    "running: true",
    "armed: true since 2026-05-06T03:00:00.000Z",
    "org: https://mfa.example",
    "host: hst_1",
    "policy: version 4, counts until 2026-05-07T03:00:00.000Z",
    "clock: 90 s behind the org's; logons work all the same",
    "last check: the org answered, 2026-05-06T03:01:00.000Z",
    "reports waiting: 0",
    "version: 1.2.3",
  ]);
  assert.equal(isWell(WELL), true);
});

test("whom the groups of break-glass let in is told by name, and that there are more of them than a machine holds", () => {
  const line = (breakGlass: NonNullable<AgentStatus["breakGlass"]>) =>
    statusLines({ ...WELL, breakGlass }, "").find((one) => one.startsWith("break-glass: "));
  assert.equal(line({ people: ["alice", "bob"], cut: false }), "break-glass: by its groups: alice, bob");
  assert.match(line({ people: ["alice"], cut: true }) ?? "", /: alice, and more members than a machine's list holds/);
  assert.match(line({ people: [], cut: false }) ?? "", /nobody/);
});

test("what was found comes with its evidence and the way to mend it, once, whoever found it", () => {
  const finding = { cause: "net.refused" as const, evidence: { host: "mfa.example", port: 443 } };
  const ill = { ...WELL, findings: [finding], lastCheck: { ok: false, findings: [finding], at: "t" } };
  const lines = statusLines(ill, "");
  assert.equal(lines.filter((line) => line.startsWith("net.refused: ")).length, 1);
  assert.ok(lines.includes("  host: mfa.example, port: 443"));
  assert.ok((lines.at(-1) ?? "").startsWith("  "));
  assert.equal(isWell(ill), false);
});

test("an agent that does not run is not well, and the command that starts it names its folder", () => {
  const still: AgentStatus = { version: "1", running: false, enrolled: true, armed: null, findings: [] };
  const lines = statusLines(still, " --state /srv/agent");
  assert.equal(lines[0], "running: false: start it with `sallyport agent run --state /srv/agent`");
  assert.match(lines[1] ?? "", /^armed: unknown: .* every logon is refused/);
  assert.equal(isWell(still), false);
});

test("`agent status` finds the agent that `npm start` made in this folder, and names it in what to do", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-status-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const main = join(import.meta.dirname, "main.ts");
  const say = (...words: string[]) =>
    spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", main, "agent", "status", ...words], {
      cwd: folder,
      encoding: "utf8",
      input: "",
    });
  assert.match(say().stdout, /file: \/etc\/sallyport\//, "nothing here: the installed one is meant");
  mkdirSync(join(folder, "data/agent"), { recursive: true, mode: 0o700 });
  const here = say();
  assert.equal(here.status, 1, here.stderr);
  assert.match(here.stdout, /start it with `sallyport agent run --state data\/agent`/);
  assert.match(here.stdout, /data\/agent\/agent\.json/);
  assert.doesNotMatch(here.stdout, /file: \/etc\/sallyport/);
});

test("how the last setup of a Windows machine ended stands in it, and what to do is what is done there", () => {
  const told = "doctor (net.refused): nobody answers. What to do: start the org";
  const finding = { cause: "agent.unreachable" as const, evidence: {} };
  const lines = statusLines({ ...WELL, findings: [finding], setup: { ok: false, time: "t", told } }, "", "windows");
  assert.ok(lines.includes(`setup: stopped at ${told} (t)`));
  assert.ok(lines.some((line) => line.includes("services.msc")) && !lines.some((line) => line.includes("/run/sallyport")));
});
