/** The commands for factors and bypass codes as an administrator types them, against a real org. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { Secret, TOTP } from "otpauth";
import { OrgProcess } from "../org-process.fixture.ts";

const org = new OrgProcess({ after });
const MAIN = new URL("../main.ts", import.meta.url).pathname;

before(async () => {
  await org.start();
  org.json("user", "add", "alice");
  org.json("app", "add", "servers");
});

/** A command that asks for two codes, each made at the moment when it is asked for. */
async function resync(which: string, first: () => string, second: () => string): Promise<{ code: number | null; said: string }> {
  const args = ["--disable-warning=ExperimentalWarning", MAIN, "factor", "resync", "alice", which, "--data", org.data];
  const child = spawn(process.execPath, args);
  const ended = once(child, "exit");
  const asked = [
    { pattern: /shows now: $/, code: first },
    { pattern: /once it shows: $/, code: second },
  ];
  let said = "";
  const hear = (part: Buffer) => {
    said += part;
    if (!asked[0]?.pattern.test(said)) return;
    child.stdin.write(`${asked.shift()?.code()}\n`);
    if (asked.length === 0) child.stdin.end();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const [code] = await ended;
  return { code, said };
}

test("who has no factor gets no bypass code, and is told what to do instead", () => {
  const none = org.say("bypass", "alice", "--app", "servers", "--reason", "phone lost");
  assert.deepEqual([none.code, /no active factor.*enrol one instead/.test(none.err)], [1, true], none.err);
});

test("a token of eight digits by SHA-512 is enrolled, listed as such, and re-synced by two codes that are typed and not given", async () => {
  const made = org.json<{ id: string; _embedded: { activation: { sharedSecret: string; otpauth: string } } }>(
    "factor",
    "enrol",
    "alice",
    "totp",
    "--digits",
    "8",
    "--algorithm",
    "sha-512",
  );
  assert.match(made._embedded.activation.otpauth, /digits=8/);
  assert.match(org.say("factor", "list", "alice").out, /totp +ACTIVE +0 +8 digits, SHA512/);
  const totp = new TOTP({ secret: Secret.fromBase32(made._embedded.activation.sharedSecret), digits: 8, algorithm: "SHA512" });
  const wrong = await resync(
    "totp",
    () => "00000000",
    () => "11111111",
  );
  assert.deepEqual([wrong.code, /not two codes in a row/.test(wrong.said)], [1, true], wrong.said);
  const step = () => Math.floor(Date.now() / 30_000);
  let shown = step();
  const codeOf = (counter: number) => totp.generate({ timestamp: counter * 30_000 });
  const right = await resync(
    made.id,
    () => {
      shown = step();
      return codeOf(shown);
    },
    () => codeOf(shown + 1),
  );
  assert.deepEqual([right.code, /both codes are used up/.test(right.said)], [0, true], right.said);
  const again = await resync(
    "totp",
    () => codeOf(shown),
    () => codeOf(shown + 1),
  );
  assert.deepEqual([again.code, /used already/.test(again.said)], [1, true], again.said);
});

test("recovery codes are printed once, one a line, and stand beside the app in the list; a reset takes one kind only", () => {
  const printed = org.say("factor", "enrol", "alice", "recovery").out;
  const codes = printed.match(/^ {2}([0-9A-Z]{4}-){4}[0-9A-Z]{4}$/gm) ?? [];
  assert.equal(codes.length, 10, printed);
  const listed = org.say("factor", "list", "alice").out;
  assert.match(listed, /recovery +ACTIVE +0 +10 codes left/);
  for (const code of codes) assert.ok(!listed.includes(code.trim()));
  const [set] = org
    .json<{ id: string; factorType: string }[]>("factor", "list", "alice")
    .filter((one) => one.factorType === "recovery_codes");
  assert.match(org.say("factor", "rename", "alice", set?.id ?? "", "Paper").err, /recovery codes have no name/);
  assert.match(org.say("factor", "reset", "alice", "recovery").out, /1 factor\(s\)/);
  assert.match(org.say("factor", "list", "alice").out, /totp +ACTIVE/);
});

test("a bypass code is shown once with how to withdraw it; open, it stands where one looks at the user; withdrawn, it does not", () => {
  const given = org.say("bypass", "alice", "--app", "servers", "--reason", "phone at home", "--hours", "2");
  const [, code = ""] = /^(([0-9A-Z]{4}-){4}[0-9A-Z]{4})$/m.exec(given.out) ?? [];
  const [, id = ""] = /--revoke (byp_\w+)/.exec(given.out) ?? [];
  assert.ok(code !== "" && id !== "", given.out);
  for (const words of [
    ["factor", "list", "alice"],
    ["user", "show", "alice"],
  ])
    assert.match(org.say(...words).out, new RegExp(`open bypass code ${id}: servers, until .*: phone at home`));
  assert.equal(org.say("bypass", "alice", "--revoke", id).code, 0);
  assert.match(org.say("bypass", "alice", "--list").out, new RegExp(`${id} +servers +REVOKED`));
  assert.doesNotMatch(org.say("user", "show", "alice").out, /open bypass code/);
  assert.equal(org.say("bypass", "alice", "--revoke", id).code, 1);
});

test("a call that cannot be meant is refused before the org is asked", () => {
  const calls: [string[], RegExp][] = [
    [["bypass", "alice"], /--app APP --reason TEXT/],
    [["bypass", "alice", "--list", "--app", "servers"], /stand alone/],
    [["bypass", "alice", "--app", "servers", "--reason", "lost", "--hours", "soon"], /--hours soon/],
    [["bypass", "alice", "--app", "servers", "--reason", "lost", "--hours", "25"], /hours/],
    [["factor", "enrol", "alice", "recovery", "--digits", "8"], /of totp alone/],
    [["factor", "enrol", "alice", "totp", "--digits", "5"], /6, 7 or 8/],
    [["factor", "enrol", "alice", "totp", "--algorithm", "md5"], /SHA1, SHA256, SHA512/],
    [["factor", "enrol", "alice", "passkey"], /on the org's pages/],
    [["factor", "rename", "alice", "no key", "Blue"], /has no factor no key/],
    [["factor", "remove", "alice", "no key"], /has no factor no key/],
    [["factor", "reset", "alice", "constructor"], /there are: totp, .*recovery/],
  ];
  for (const [words, sentence] of calls) {
    const done = org.say(...words);
    assert.equal(done.code, 1, words.join(" "));
    assert.match(done.err, sentence);
  }
});
