/** The commands that change a user, as an administrator types them, against a real org. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { OrgClient } from "../org-client.ts";
import { OrgProcess } from "../org-process.fixture.ts";

const org = new OrgProcess({ after });
const MAIN = new URL("../main.ts", import.meta.url).pathname;
const OLD = "an old pass phrase";
const NEW = "another pass phrase";

interface User {
  status: string;
  passwordChanged: string | null;
  profile: Record<string, string>;
}

/** `typed`: standard input. */
function type(typed: string, ...words: string[]) {
  const args = ["--disable-warning=ExperimentalWarning", MAIN, ...words, "--data", org.data];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", input: typed });
  return { code: status, out: stdout, err: stderr };
}

const show = (login: string) => org.json<User>("user", "show", login);
/** What a sign-in by this password answers. */
const signIn = (password: string) =>
  new OrgClient({ data: org.data }).send<{ status: string }>("POST", "/api/v1/authn", { username: "alice", password });

before(async () => {
  await org.start();
  const made = type(OLD, "user", "add", "alice", "--email", "a@corp.example", "--first-name", "Alice", "--password-stdin");
  assert.equal(made.code, 0, made.err);
  // Whoever has nothing to prove themselves with hears the same as of a wrong password.
  org.json("factor", "enrol", "alice", "totp");
});

test("a password is typed twice, counts from then on instead of the old one, and is printed nowhere", async () => {
  const slip = type(`${NEW}\n${NEW}x\n`, "user", "password", "alice");
  assert.deepEqual([slip.code, /two different passwords; nothing was changed/.test(slip.err)], [1, true], slip.err);
  assert.equal(await outcome(OLD), "MFA_REQUIRED");
  const done = type(`${NEW}\n${NEW}\n`, "user", "password", "alice");
  assert.deepEqual([done.code, done.out], [0, "alice has a new password\n"], done.err);
  assert.ok(!`${done.out}${done.err}`.includes(NEW));
  assert.equal(await outcome(OLD), "E0000004");
  assert.equal(await outcome(NEW), "MFA_REQUIRED");
  assert.equal(show("alice").status, "ACTIVE");
});

test("with --expired it is good for one sign-in; whoever is suspended gets none of that kind, and a weak one is refused", () => {
  const done = type(OLD, "user", "password", "alice", "--stdin", "--expired", "--json");
  assert.deepEqual([done.code, (JSON.parse(done.out) as User).status], [0, "PASSWORD_EXPIRED"], done.err);
  const before = show("alice").passwordChanged;
  assert.match(type("short", "user", "password", "alice", "--stdin").err, /at least 8 are needed/);
  org.json("user", "suspend", "alice");
  assert.match(type(NEW, "user", "password", "alice", "--stdin", "--expired").err, /alice is SUSPENDED/);
  assert.equal(show("alice").passwordChanged, before);
  org.json("user", "unsuspend", "alice");
});

test("an address and names are changed one by one, and taken away by an empty word", () => {
  const done = org.say("user", "edit", "alice", "--email", "alice@corp.example", "--last-name", "Ames");
  assert.deepEqual([done.code, done.out], [0, "alice: Alice Ames, alice@corp.example\n"], done.err);
  const { profile } = org.json<User>("user", "edit", "alice", "--first-name", "");
  assert.deepEqual(profile, { login: "alice", email: "alice@corp.example", lastName: "Ames" });
  const nothing = org.say("user", "edit", "alice");
  assert.deepEqual([nothing.code, /say what to change: --email ADDRESS/.test(nothing.err)], [1, true], nothing.err);
});

test("who has no address hears where one is given before the org is asked for codes by mail", () => {
  org.json("user", "add", "bob");
  const none = org.say("factor", "enrol", "bob", "email");
  assert.deepEqual([none.code, /sallyport user edit bob --email ADDRESS/.test(none.err)], [1, true], none.err);
});

test("what is not set up, not known or not possible says what to do about it", () => {
  for (const [words, sentence] of [
    [["mail", "test", "a@corp.example"], /no mail server is set: sallyport mail set/],
    [["mail", "show"], /no mail server is set: sallyport mail set/],
    [["sms", "show"], /no webhook .* is set: sallyport sms set/],
    [["ticket", "create", "bob", "--days", "9"], /--days 9: a window is open for 1 to 7 days/],
    [["ticket", "create", "bob", "--days", "0"], /1 to 7 days/],
  ] as const) {
    const done = org.say(...words);
    assert.deepEqual([done.code, sentence.test(done.err)], [1, true], done.err);
  }
  const unknown = org.say("why", "ABCD-EFGH", "--state", org.folder);
  assert.equal(unknown.code, 1);
  assert.match(
    unknown.out,
    /What to look at\n {2}Is it mistyped\?.*\n {2}Does the machine belong to another org\?.*--org URL.*\n.*--state FOLDER/,
  );
});

/** The code of the refusal, or the status of the answer. */
async function outcome(password: string): Promise<unknown> {
  try {
    return (await signIn(password)).status;
  } catch (error) {
    return (error as { details?: { code?: string } }).details?.code ?? error;
  }
}
