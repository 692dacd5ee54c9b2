/** S25: the support bundle holds what is on a list and nothing else; it is written whole, once, and every changed byte of it shows. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { canonicalJson, type Diagnosis, supportBundle } from "@sallyport/contracts";
import { checkBundle, makeBundle, writeBundle } from "@sallyport/doctor";
import { writeNewFile } from "../write-new-file.ts";
import { gatherBundle } from "./doctor-bundle-gather.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "sallyport-bundle-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Of every form that a secret has: words, digits, base64url like a key, what a person types. */
const PLANTED = {
  key: "uQ3vJ0b5kq9mR7sT2wX4yZ6aB8cD1eF3gH5iJ7kL9mN",
  generation: "Gq9mR7sT2wX4yZ6aB8cD1e",
  sharedSecret: "SALLYSECRET-7H3K9M-2P4Q6R-8S1T3V-5W7X9Y-1Z2A4B-6C8D1E-3F5G7H-9J2K4M-6N8P1Q-3R5S7T-9V",
  token: "sps_Tok3nOfAnAdministrator0123456789",
  proxyPassword: "Pr0xy-Passw0rd-88",
  unknownSetting: "Pasted.Into-The-Settings.41",
  typedForTheName: "MyR3alPassw0rd!",
  code: "918273",
  stateToken: "xT9_stateTokenOf43Characters-abcdefghijklmn",
  inAnError: "connect-with-Hunter2-failed",
  newField: "never-seen-before-Fi3ld",
  pamArgument: "pam-bind-Passw0rd-5",
  pamComment: "remember-the-Root-Passw0rd-6",
  spool: "Spooled-Evid3nce-Secret",
  environment: "https://proxyuser:Env-Passw0rd-9@proxy:3128",
  fileName: "backup-of-Passw0rd-12.txt",
  inADiagnosis: "Diagn0sed-Secret-13",
} as const;

const TIME = "2026-05-06T10:00:00.000Z";
const LOGON = {
  level: "warn",
  time: TIME,
  event: "logon",
  reference: "K7QF-3M2P",
  result: "deny",
  cause: "user.password",
  service: "sshd",
  frame: "begin",
  durationMs: 41,
};

function plant(name: string): { state: string; root: string } {
  const state = join(folder, name);
  mkdirSync(join(state, "root/etc/pam.d"), { recursive: true });
  const file = (path: string, text: string) => writeFileSync(join(state, path), text, { mode: 0o600 });
  const lines = (...all: unknown[]) => all.map((one) => `${typeof one === "string" ? one : JSON.stringify(one)}\n`).join("");
  file(
    "agent.json",
    JSON.stringify({
      org: "https://mfa.corp.example",
      host: "hst_00000000000000000001",
      proxy: `http://user:${PLANTED.proxyPassword}@proxy:3128`,
      selfCheckSeconds: 300,
      [PLANTED.unknownSetting]: PLANTED.unknownSetting,
      decisionKey: PLANTED.key,
      timeouts: { answerMs: 10000, [PLANTED.newField]: 1 },
    }),
  );
  file("host.json", JSON.stringify({ host: "hst_00000000000000000001", name: "web01", key: { kty: "EC", d: PLANTED.key } }));
  file("state.json", JSON.stringify({ generation: PLANTED.generation, policyVersion: 3 }));
  file("client.secret", `${PLANTED.sharedSecret}\n`);
  file(PLANTED.fileName, PLANTED.fileName);
  file(
    "agent.log",
    lines(
      {
        ...LOGON,
        username: PLANTED.typedForTheName,
        evidence: { reason: `the password ${PLANTED.inAnError}`, code: PLANTED.code, tries: 2 },
      },
      {
        ...LOGON,
        username: PLANTED.typedForTheName,
        address: { value: "203.0.113.7", origin: "socket" },
        [PLANTED.newField]: PLANTED.newField,
      },
      { ...LOGON, username: "alice", reference: PLANTED.stateToken, evidence: { errorId: PLANTED.stateToken }, domain: PLANTED.newField },
      {
        level: "error",
        time: TIME,
        event: "fault",
        cause: "agent.fault",
        error: `ECONNRESET: ${PLANTED.inAnError}`,
        stack: `Error: ${PLANTED.inAnError}\n    at x (/packages/agent/src/run.ts:1:2)`,
      },
      { level: "info", time: TIME, event: PLANTED.newField, version: PLANTED.stateToken, stateToken: PLANTED.stateToken },
      `not a record ${PLANTED.stateToken}`,
    ),
  );
  file(
    "attempts.jsonl",
    lines({
      time: TIME,
      reference: "AAAA-BBBB",
      username: "bob",
      service: "sshd",
      result: "deny",
      cause: "agent.unreachable",
      evidence: PLANTED.spool,
    }),
  );
  file("reports.jsonl", lines({ evidence: { detail: PLANTED.spool } }));
  file(
    "root/etc/pam.d/sshd",
    `# ${PLANTED.pamComment}\nauth [success=2 default=ignore] pam_unix.so nullok # ${PLANTED.pamComment}\nauth required pam_ldap.so bindpw=${PLANTED.pamArgument} ${PLANTED.pamArgument} debug\n@include common-auth\n${PLANTED.pamArgument}\n`,
  );
  return { state, root: join(state, "root") };
}

const ENV = { SALLYPORT_TOKEN: PLANTED.token, https_proxy: PLANTED.environment, SECRET: PLANTED.environment };
const DIAGNOSIS: Diagnosis = {
  healthy: false,
  findings: [
    {
      cause: "pam.order",
      verdict: "confirmed",
      title: PLANTED.inADiagnosis,
      fix: PLANTED.inADiagnosis,
      who: "administrator",
      evidence: [{ what: "line 3", value: `auth required pam_ldap.so bindpw=${PLANTED.inADiagnosis}`, where: "/etc/pam.d/sshd:3" }],
    },
  ],
  incidents: [],
  notLookedAt: [{ what: "the org", why: `${PLANTED.inADiagnosis} refused` }],
};

async function bundleOf(name: string, secrets = true) {
  const gathered = await gatherBundle({ ...plant(name), env: ENV, diagnose: async () => DIAGNOSIS });
  return makeBundle(gathered.parts, { made: TIME, by: "0.1.0", secrets: secrets ? gathered.secrets : [] });
}

/** Every way to write a text down that is cheap to test, at each place at which base64 can begin. */
function forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const shifted = [0, 1, 2].flatMap((n) => {
    const text = Buffer.concat([Buffer.alloc(n), bytes]);
    const from = n === 0 ? 0 : n + 1;
    return [text.toString("base64"), text.toString("base64url")].map((one) => one.slice(from, Math.floor((text.length * 8) / 6)));
  });
  return [secret, bytes.toString("hex"), bytes.toString("hex").toUpperCase(), encodeURIComponent(secret), ...shifted];
}

test("S25: no planted secret stands in the bundle in any encoding, by the lists alone, without looking for known secrets", async () => {
  const text = writeBundle(await bundleOf("planted", false));
  for (const [place, secret] of Object.entries(PLANTED)) {
    for (const form of forms(secret)) assert.ok(!text.toLowerCase().includes(form.toLowerCase()), `${place}: ${form} is in the bundle`);
  }
  assert.doesNotMatch(text, /alice|bob|Passw0rd/);
});

test("what support needs is in it: causes, references, times, numbers, the stacks, and who was the same person", async () => {
  const { entries } = await bundleOf("useful");
  const logons = entries["logons"] as Record<string, unknown>[];
  assert.deepEqual(logons[0], { ...LOGON, username: "user 1", evidence: { tries: 2 } });
  assert.deepEqual(
    logons.map(({ username, reference, address }) => [username, reference, address]),
    [
      ["user 1", "K7QF-3M2P", undefined],
      ["user 1", "K7QF-3M2P", { value: "203.0.113.7", origin: "socket" }],
      ["user 2", undefined, undefined],
    ],
  );
  assert.deepEqual((entries["log"] as unknown[])[0], {
    level: "error",
    time: TIME,
    event: "fault",
    cause: "agent.fault",
    error: "ECONNRESET",
    stack: ["agent/src/run.ts:1:2"],
  });
  assert.deepEqual(entries["settings"], {
    org: "https://mfa.corp.example",
    host: "hst_00000000000000000001",
    selfCheckSeconds: 300,
    decisionKey: "is set",
    timeouts: { answerMs: 10000 },
  });
  assert.deepEqual(entries["pam/sshd"], [
    { line: 2, text: "auth [success=2 default=ignore] pam_unix.so nullok" },
    { line: 3, text: "auth required pam_ldap.so … … debug" },
    { line: 4, text: "@include common-auth" },
    { line: 5, text: "…" },
  ]);
  const diagnosis = entries["diagnosis"] as { findings: { cause: string; evidence: object[] }[] };
  assert.deepEqual(diagnosis.findings[0]?.evidence, [{ what: "line 3", value: "auth required pam_ldap.so …", where: "/etc/pam.d/sshd:3" }]);
  assert.match(JSON.stringify(entries["files"]), /…\/client\.secret","mode":"600"|"mode":"600".*client\.secret/);
});

test("a key of a log line that nobody knows yet is left out, and counted", async () => {
  const { entries, manifest } = await bundleOf("unknown");
  assert.doesNotMatch(JSON.stringify(entries), /never-seen|domain/);
  const told = manifest.leftOut.filter(({ what }) => what === "logons").map(({ why }) => why);
  assert.deepEqual(told, ["6 fields: not on the list of what is shown, or not of the form that they have there"]);
  assert.ok(manifest.leftOut.some(({ what, why }) => what === "log" && why === "1 lines that are no record"));
});

test("a secret of this very machine in a place that is shown keeps that entry out, and says so", () => {
  const part = (name: string, content: unknown) => ({ name, from: "here", content, leftOut: [] });
  for (const form of forms(PLANTED.key)) {
    if (form.includes("%")) continue;
    const made = makeBundle([part("good", { a: 1 }), part("bad", { a: `--${form}--` })], {
      made: TIME,
      by: "0.1.0",
      secrets: [PLANTED.key],
    });
    assert.deepEqual([Object.keys(made.entries), made.manifest.leftOut[0]?.what], [["good"], "bad"], form);
  }
});

test("the manifest holds every entry, and every single changed byte of the file is found", async () => {
  const bundle = supportBundle.parse(await bundleOf("bytes"));
  const text = writeBundle(bundle);
  assert.deepEqual(checkBundle(text), []);
  assert.deepEqual(
    bundle.manifest.entries.map(({ name }) => name),
    Object.keys(bundle.entries),
  );
  const bytes = Buffer.from(text);
  let found = 0;
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    assert.ok(checkBundle(changed.toString("utf8")).length > 0, `byte ${at}`);
    found += 1;
  }
  assert.ok(found > 300);
  const other = structuredClone(bundle);
  other.entries["logons"] = [];
  assert.deepEqual(checkBundle(writeBundle(other)), ["logons: it was changed"]);
  delete other.entries["logons"];
  other.entries["extra"] = 1;
  assert.deepEqual(checkBundle(writeBundle(other)), ["logons: it is missing", "extra: the manifest does not list it"]);
  assert.equal(checkBundle(canonicalJson(bundle)).length, 1);
});

test("a file that is there is not written over, and nothing half-written is left behind", () => {
  const where = join(folder, "write");
  mkdirSync(where);
  const file = join(where, "bundle.json");
  writeNewFile(file, "first");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.throws(() => writeNewFile(file, "second"), /is there already/);
  assert.throws(() => writeNewFile(join(where, "nowhere/bundle.json"), "x"), /ENOENT/);
  assert.deepEqual([readdirSync(where), readFileSync(file, "utf8")], [["bundle.json"], "first"]);
});

test("the command writes one private file, says what is in it, and checks it; its exit codes", () => {
  const { state } = plant("command");
  const file = join(folder, "ticket.json");
  const run = (...words: string[]) => {
    // Without any network: the diagnosis in the bundle looks for the org and for time servers.
    const done = spawnSync(
      "unshare",
      ["-n", process.execPath, "--disable-warning=ExperimentalWarning", MAIN, "doctor", "bundle", ...words],
      {
        encoding: "utf8",
        cwd: folder,
        env: { PATH: process.env["PATH"], ...ENV },
      },
    );
    return { code: done.status, out: done.stdout, error: done.stderr };
  };
  const made = run("--state", state, "-o", file);
  assert.equal(made.code, 0, made.error);
  assert.match(made.out, /^.*ticket\.json: \d+ entries; read it before you send it\n {2}system {2}\d+ bytes\n/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const text = readFileSync(file, "utf8");
  assert.match(text, /"from": "sallyport doctor host"/);
  for (const [place, secret] of Object.entries(PLANTED))
    for (const form of forms(secret)) assert.ok(![text, made.out, made.error].join("\n").includes(form), `${place}: ${form}`);
  const again = run("--state", state, "-o", file);
  assert.deepEqual([again.code, readFileSync(file, "utf8") === text], [2, true]);
  assert.equal(run("--check", file).code, 0);
  writeFileSync(file, text.replace('"tries": 2', '"tries": 3'));
  const changed = run("--check", file, "--json");
  assert.deepEqual([changed.code, JSON.parse(changed.out).changed], [1, ["logons: it was changed"]]);
  assert.equal(run("--check", join(folder, "nowhere.json")).code, 2);
});
