/** `sallyport doctor user` against a real org and a real agent: what it says, how it ends, and that it leaves no trace. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { type Diagnosis, diagnosis } from "@sallyport/contracts";
import { OrgClient } from "./org-client.ts";
import { OrgProcess } from "./org-process.fixture.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
const QUIET = "--disable-warning=ExperimentalWarning";
const agents: ChildProcess[] = [];
after(async () => {
  for (const agent of agents) {
    const gone = once(agent, "exit");
    agent.kill("SIGKILL");
    await gone;
  }
});
const org = new OrgProcess({ after });

/** A command that does not ask the org by its data folder. */
function say(words: string[], env: Record<string, string> = {}) {
  const done = spawnSync(process.execPath, [QUIET, MAIN, ...words], { encoding: "utf8", input: "", env: { ...process.env, ...env } });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

/** A machine enrolled from its own folder, with an agent that was armed and has checked itself. */
async function machine(name: string): Promise<void> {
  const folder = join(org.folder, name);
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, "code"), org.say("host", "code", "--app", "servers").out, { mode: 0o600 });
  const state = ["--state", join(folder, "agent")];
  const enrolled = say(["host", "enrol", ...state, "--code-file", join(folder, "code"), "--name", name]);
  assert.equal(enrolled.code, 0, enrolled.err);
  const agent = spawn(process.execPath, [QUIET, MAIN, "agent", "run", ...state], { stdio: ["ignore", "ignore", "pipe"] });
  agents.push(agent);
  const gone = once(agent, "exit");
  await Promise.race([
    once(createInterface({ input: agent.stderr }), "line"),
    gone.then(() => Promise.reject(new Error("the agent ended"))),
  ]);
  const armed = say(["agent", "arm", ...state]);
  assert.equal(armed.code, 0, armed.err);
}

before(async () => {
  await org.start();
  for (const words of [
    ["app", "add", "servers", "--names", "login,email"],
    ["user", "add", "alice", "--email", "alice@corp.example"],
    ["user", "add", "fred"],
    ["assign", "servers", "alice"],
    ["assign", "servers", "fred"],
    ["factor", "enrol", "alice", "totp", "--no-confirm"],
  ]) {
    const done = org.say(...words);
    assert.equal(done.code, 0, `${words.join(" ")}: ${done.err}`);
  }
  await machine("SRV01");
});

function doctor(...words: string[]): { code: number | null; found: Diagnosis } {
  const { code, out, err } = org.say("doctor", "user", ...words, "--json");
  assert.equal(err, "");
  return { code, found: diagnosis.parse(JSON.parse(out)) };
}
const stands = ({ findings }: Diagnosis) => findings.filter(({ verdict }) => verdict === "confirmed").map(({ cause }) => cause);

test("exit code 0 for somebody who would be let in after a factor, 1 with the cause for everybody else, 2 where it cannot look", () => {
  const good = doctor("alice", "--host", "srv01", "--from", "203.0.113.7");
  assert.deepEqual([good.code, good.found.healthy, stands(good.found)], [0, true, []]);
  for (const [words, cause] of [
    [["fred", "--host", "SRV01"], "factor.none"],
    [["CORP\\alice", "--host", "SRV01"], "user.name-shape"],
    [["mallory", "--host", "SRV01"], "user.unknown"],
    [["alice", "--host", "nowhere"], "client.unknown"],
  ] as const) {
    const { code, found } = doctor(...words);
    assert.deepEqual([code, found.findings[0]?.cause], [1, cause], words.join(" "));
  }
  assert.match(org.say("doctor", "user", "alice", "--host", "nowhere").err, /^machines that the org has: .*SRV01/);
  for (const words of [
    ["alice"],
    ["alice", "--host", "SRV01", "--at", "03:00"],
    ["alice", "--host", "SRV01", "--claimed"],
    ["alice", "--host", "SRV01", "--scenario", "lunch"],
    ["alice", "--host", "SRV01", "--org", "https://127.0.0.1:9"],
  ]) {
    const { code, err } = org.say("doctor", "user", ...words);
    assert.equal(code, 2, `${words.join(" ")}: ${err}`);
    assert.match(err, /^(error|sallyport): /);
  }
});

test("a name that the app's rules do not read is found again once they do, by the command that the fix names", () => {
  assert.equal(org.say("app", "names", "servers", "email").code, 0);
  const { found } = doctor("alice", "--host", "SRV01");
  assert.equal(found.findings[0]?.cause, "user.name-shape");
  assert.deepEqual(
    found.findings[0]?.evidence.slice(0, 2).map(({ value }) => value),
    ["alice", "login"],
  );
  assert.match(found.findings[0]?.fix ?? "", /`sallyport app names APP RULES`/);
  assert.match(org.say("app", "names", "servers", "email,login").out, /^servers: names are looked for by email, then login\n$/);
  assert.equal(doctor("alice", "--host", "SRV01").code, 0);
  assert.equal(org.say("app", "names", "servers", "loginn").code, 1);
  assert.equal(org.say("app", "names", "servers", "login,email").code, 0);
});

test("--from, --claimed and --at decide by zone and hour, and the story names zone and origin", () => {
  org.say("zone", "set", "office", "203.0.113.0/24");
  const file = join(org.folder, "policy.json");
  const rules = [
    { name: "nights", if: { from: "22:00", to: "05:00" }, then: "deny" },
    { name: "office", if: { zones: ["office"] }, then: "allow" },
  ];
  writeFileSync(file, JSON.stringify({ rules }));
  assert.equal(org.say("policy", "set", file, "--app", "servers").code, 0);
  const at = (...words: string[]) => doctor("alice", "--host", "SRV01", ...words);
  const noon = ["--at", "2026-05-06T12:00Z"];
  const night = at("--at", "2026-05-06T05:00+02:00", "--from", "203.0.113.7");
  assert.deepEqual([night.code, night.found.findings[0]?.cause], [1, "policy.denies"]);
  assert.deepEqual(stands(at("--from", "203.0.113.7", ...noon).found)[0], "policy.no-mfa");
  const claimed = at("--from", "203.0.113.7", "--claimed", ...noon).found;
  assert.ok(!stands(claimed).includes("policy.no-mfa"));
  const policy = claimed.steps?.find(({ title }) => title === "Policy");
  assert.deepEqual(policy?.why.slice(0, 2), ["remote, from 203.0.113.7, which is only claimed", "zone office: unknown"]);
  writeFileSync(file, JSON.stringify({ rules: [] }));
  assert.equal(org.say("policy", "set", file, "--app", "servers").code, 0);
});

test("on a terminal it tells the story from the name to what the person reads, in 80 columns; --html writes the same", () => {
  const page = join(org.folder, "ticket.html");
  const { out, code } = org.say("doctor", "user", "fred", "--host", "SRV01", "--html", page);
  assert.equal(code, 1);
  for (const line of out.split("\n")) assert.ok([...line].length <= 80, line);
  const at = [
    "Machine: SRV01",
    "Name: “fred” is fred",
    "User: fred: ACTIVE",
    "Right: assigned",
    "Policy: rule",
    "Factor: none",
    "The person: reads: ",
  ];
  const places = at.map((text) => out.indexOf(`  ${text}`));
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  );
  assert.ok(
    places.every((place) => place > 0),
    out,
  );
  const html = readFileSync(page, "utf8");
  assert.match(html, /<title>Sallyport doctor: fred at SRV01<\/title>[\s\S]*<h2>What would happen<\/h2>[\s\S]*factor\.none/);
});

test("an auditor's token may ask, help desk's may not; and nothing of all that stands in the log", async () => {
  const { url } = await new OrgClient({ data: org.data }).get<{ url: string }>("/api/v1/org");
  const events = () => org.json<{ type: string }[]>("log", "tail").filter(({ type }) => /^(logon|factor)\./.test(type));
  const seen = events().length;
  for (const [role, code] of [
    ["auditor", 0],
    ["help-desk", 2],
  ] as const) {
    const { token } = org.json<{ token: string }>("token", "create", role, "--role", role);
    const done = say(["doctor", "user", "alice", "--host", "SRV01", "--org", url], { SALLYPORT_TOKEN: token });
    assert.equal(done.code, code, `${role}: ${done.err}${done.out}`);
  }
  assert.equal(events().length, seen);
});
