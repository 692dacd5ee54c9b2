/** The door on Windows, as far as Wine can show it: provider → pipe → relay → agent in one program → org over TLS, with a TOTP code. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { codeOf, type Org, type Person } from "../machine/org.ts";
import { until } from "../machine/processes.ts";
import { LogonScreen, readCredential } from "./logon-screen.ts";
import { ASKED, type Attempt, atPassword, PASSWORD, referenceIn, WindowsStory, wrongCode } from "./story.ts";
import type { Windows } from "./windows.ts";

let story: WindowsStory;
let org: Org;
let windows: Windows;

before(async () => {
  story = await WindowsStory.begin();
  ({ org, windows } = story);
});
after(() => story?.end());

const person = (login: string): Promise<Person> => story.person(login);
const attempts = (login: string): Attempt[] => story.attempts(login);
/** What the tile itself wrote down, until the agent takes it over. */
const kept = (login: string): Attempt[] => {
  const file = windows.data("attempts.jsonl");
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  return lines.map((line) => JSON.parse(line || "{}")).filter(({ username }) => username === login);
};
const why = (reference: string) => story.why(reference);
const openTo = (login: string, options: string[] = []): Promise<LogonScreen> => story.openTo(login, options);

test("the right password and the right code: Windows gets the frozen credential, once", async () => {
  const alice = await person("alice");
  const screen = await LogonScreen.open(windows);
  assert.equal(screen.autoLogon, false);
  const asked = await screen.type("edit", "alice").type("password", PASSWORD).submit();
  assert.equal(asked.response, "not-finished", asked.text);
  assert.deepEqual(screen.texts(), ["Second factor", ASKED]);
  const input = screen.screen.find(({ type }) => type === "edit");
  assert.ok(input?.focused && asked.besideSubmit === input.field, "the person can type at once");
  assert.equal(
    screen.screen.some(({ type }) => type === "password"),
    false,
  );
  const done = await screen.type("edit", codeOf(alice)).submit();
  assert.equal(done.response, "credential", done.text);
  const { type, domain, user, password, logonId } = readCredential(done.credential?.bytes ?? "");
  assert.deepEqual({ type, user, password, logonId }, { type: 2, user: "alice", password: PASSWORD, logonId: 0n });
  assert.notEqual(domain, "", "an account of the machine itself has the machine's name");
  const again = await screen.submit();
  assert.equal(again.response, "not-finished");
  assert.equal(again.credential, undefined);
  await screen.close();
  const [attempt, ...more] = attempts("alice");
  assert.ok(attempt?.result === "allow" && attempt.service === "console" && more.length === 0);
  assert.equal((await why(attempt.reference)).result, "allow");
  console.log(`password to prompt ${asked.ms} ms, code to credential ${done.ms} ms`);
});

test("a wrong code: asked again with password and transaction kept, and then the right one lets in", async () => {
  const bob = await person("bob");
  const screen = await openTo("bob");
  const again = await screen.type("edit", wrongCode(bob)).submit();
  assert.equal(again.response, "not-finished");
  assert.deepEqual(screen.texts(), ["Second factor", "That code is not right. Try again.", ASKED]);
  assert.equal(screen.screen.find(({ type }) => type === "edit")?.value, "", "the wrong code is gone from the screen");
  const done = await screen.type("edit", codeOf(bob)).submit();
  assert.equal(done.response, "credential", done.text);
  assert.equal(readCredential(done.credential?.bytes ?? "").password, PASSWORD);
  await screen.close();
  assert.equal(attempts("bob").length, 1, "one logon, one reference");
});

test("wrong codes to the end: refused, the tile stays, and why names the cause", async () => {
  const carol = await person("carol");
  const screen = await openTo("carol");
  let done = await screen.type("edit", wrongCode(carol)).submit();
  for (let tries = 1; screen.texts().at(-1) === ASKED && tries < 5; tries++) done = await screen.type("edit", wrongCode(carol)).submit();
  assert.deepEqual([done.response, done.icon, done.credential], ["not-finished", 1, undefined]);
  assert.deepEqual(atPassword(screen), ["Password"], "the tile is back at its beginning, the password has to be typed anew");
  const [attempt] = attempts("carol");
  assert.equal(referenceIn(done.text), attempt?.reference);
  const explained = await until("the org's record", async () => {
    const known = await why(referenceIn(done.text));
    return known.result === "deny" ? known : undefined;
  });
  assert.equal(explained.cause, "factor.code-wrong");
  assert.ok(!JSON.stringify(attempts("carol")).includes("Grüße"), "no password in the agent's log");
  await screen.close();
});

test("lock-out: after too many wrong codes the right one is not looked at either; the tile says how long, and keeps the logon", async () => {
  const nina = await person("nina");
  // A logon takes three codes, and the fifth wrong one in a row, of any logons, makes the person wait.
  for (const tries of [3, 2]) {
    const screen = await openTo("nina");
    for (let index = 0; index < tries; index++) await screen.type("edit", wrongCode(nina)).submit();
    await screen.deselect();
    await screen.close();
  }
  const next = await openTo("nina");
  const answer = await next.type("edit", codeOf(nina)).submit();
  assert.deepEqual([answer.response, answer.credential], ["not-finished", undefined]);
  assert.match(next.texts().join(" "), /There were too many tries\. Please wait \d+ seconds before you try again\./);
  await next.deselect();
  const [, , attempt] = await until("all three records", () => (attempts("nina").length === 3 ? attempts("nina") : undefined));
  assert.equal(attempt?.result, "deny");
  await next.close();
});

test("what cannot be a code, and the password typed in its place, never leave the tile", async () => {
  const dave = await person("dave");
  const screen = await openTo("dave");
  for (const typed of ["12345", "hunter2", PASSWORD]) {
    const again = await screen.type("edit", typed).submit();
    assert.deepEqual([again.response, again.text, screen.texts().at(-1)], ["not-finished", "That is not a code.", ASKED]);
  }
  const code = codeOf(dave);
  const done = await screen.type("edit", `${code.slice(0, 3)} ${code.slice(3)}`).submit();
  assert.equal(done.response, "credential", "the tries were no tries for the org, and a space is no digit");
  await screen.close();
});

test("names as people type them: the domain apart, the machine's own domain as none, user@domain in one piece", async () => {
  const credential = async (typed: string, of: Person) => {
    const screen = await openTo(typed);
    const done = await screen.type("edit", codeOf(of)).submit();
    await screen.close();
    return readCredential(done.credential?.bytes ?? "");
  };
  const lena = await credential("CORP\\lena", await person("CORP\\lena"));
  assert.deepEqual([lena.domain, lena.user], ["CORP", "lena"]);
  const mia = await credential(".\\mia", await person("mia"));
  assert.deepEqual([mia.domain !== "" && mia.domain !== ".", mia.user], [true, "mia"]);
  const nina = await credential("nina@corp.example", await person("nina@corp.example"));
  assert.deepEqual([nina.domain, nina.user], ["", "nina@corp.example"]);
  const odd = 'Zoë "x" \t 😀';
  const screen = await LogonScreen.open(windows);
  const done = await screen.type("edit", odd).type("password", PASSWORD).submit();
  assert.equal((await why(referenceIn(done.text))).cause, "user.unknown");
  assert.equal(attempts(odd)[0]?.cause, "user.refused");
  await screen.close();
});

test("the person goes elsewhere: the logon ends as cancelled, and nothing of it is left in the tile", async () => {
  await person("erin");
  const screen = await openTo("erin");
  await screen.deselect();
  assert.deepEqual(atPassword(screen), ["Password"]);
  assert.ok(
    screen.screen.every(({ type, value }) => type === "image" || value === "" || value === "Sallyport"),
    JSON.stringify(screen.screen),
  );
  const attempt = await until("the record", () => attempts("erin")[0]);
  assert.deepEqual([attempt.result, attempt.cause], ["deny", "logon.cancelled"]);
  await until("the org's record", async () => (await why(attempt.reference)).cause === "logon.cancelled");
  await screen.close();
});

test("the person presses Cancel while the org does not answer: Windows has the screen back at once", async () => {
  await person("frank");
  const screen = await LogonScreen.open(windows);
  org.signal("SIGSTOP");
  try {
    const answered = screen.type("edit", "frank").type("password", PASSWORD).submit();
    screen.leave();
    const done = await answered;
    assert.equal(done.response, "not-finished");
    assert.ok(done.ms < 3000, `${done.ms} ms`);
    // Whoever leaves while the password is still being checked is written down by the tile, before the agent has heard of the logon; so is
    // whoever an agent that is slow has not said good-bye to, and its own record has another reference then.
    const read = referenceIn(done.text);
    const record = await until("the record", () => [...attempts("frank"), ...kept("frank")].find(({ reference }) => reference === read));
    assert.equal(record.cause, "logon.cancelled");
  } finally {
    org.signal("SIGCONT");
  }
  await screen.close();
});

test("Windows refuses the credential that was let through: under a reference of its own, with Windows' reason as the cause", async () => {
  const grace = await person("grace");
  const screen = await openTo("grace");
  const done = await screen.type("edit", codeOf(grace)).submit();
  assert.equal(done.response, "credential");
  const told = await screen.report("C000006E", "C0000072");
  assert.deepEqual(atPassword(screen), ["Password"]);
  const [first, second] = attempts("grace");
  assert.equal(referenceIn(told), second?.reference);
  assert.deepEqual(
    [second?.cause, second?.evidence.after, second?.evidence.status],
    ["user.account-disabled", first?.reference, "0xC000006E"],
  );
  assert.equal((await why(second?.reference ?? "")).cause, "user.account-disabled");
  await screen.close();
});

test("a yes that Windows did not fetch is taken back: the record ends as cancelled, after the reference that let in", async () => {
  const olga = await person("olga");
  const screen = await openTo("olga", ["--late"]);
  const done = await screen.type("edit", codeOf(olga)).submit();
  assert.deepEqual([done.response, done.credential, done.text], ["not-finished", undefined, "That took too long. Sign in again."]);
  const [first, second] = await until("the agent has heard of it", () => {
    const all = attempts("olga");
    return all.length > 1 ? all : undefined;
  });
  assert.equal(first?.result, "allow");
  assert.deepEqual([second?.result, second?.cause, second?.evidence.after], ["deny", "logon.cancelled", first?.reference]);
  assert.equal((await why(second?.reference ?? "")).cause, "logon.cancelled");
  await screen.close();
});

test("a password that network level authentication handed over is not asked again, and only the code is", async () => {
  const heidi = await person("heidi");
  const screen = await LogonScreen.open(windows, ["--system", "--remote", "--handed", ".", "heidi", PASSWORD]);
  assert.equal(screen.autoLogon, true);
  const asked = await screen.submit();
  assert.deepEqual([asked.response, screen.texts().at(-1)], ["not-finished", ASKED], asked.text);
  const done = await screen.type("edit", codeOf(heidi)).submit();
  const { user, password } = readCredential(done.credential?.bytes ?? "");
  assert.deepEqual([user, password, attempts("heidi")[0]?.service], ["heidi", PASSWORD, "rdp"]);
  await screen.close();
});

test("unlocking is said to the org and to Windows, and a Windows that does not ask the tile to connect is served as well", async () => {
  const ivan = await person("ivan");
  const screen = await openTo("ivan", ["--unlock", "--direct"]);
  const done = await screen.type("edit", codeOf(ivan)).submit();
  assert.equal(done.told, undefined);
  assert.equal(readCredential(done.credential?.bytes ?? "").type, 7);
  await screen.close();
  const [record] = await org.records(attempts("ivan")[0]?.reference ?? "");
  assert.equal(record?.scenario, "unlock");
});

test("the agent is killed in the middle of a logon: refused, written down, and reported by the next agent", async () => {
  const judy = await person("judy");
  const screen = await openTo("judy");
  process.kill(windows.pidOf("sallyport-agent.exe"), "SIGKILL");
  const done = await screen.type("edit", codeOf(judy)).submit();
  assert.deepEqual([done.response, done.credential], ["not-finished", undefined]);
  await windows.stopService();
  const without = await screen.type("edit", "judy").type("password", PASSWORD).submit();
  assert.deepEqual([without.response, without.credential], ["not-finished", undefined]);
  await windows.startService();
  for (const [text, cause] of [
    [done.text, "agent.fault"],
    [without.text, "agent.unreachable"],
  ] as const)
    assert.equal((await why(referenceIn(text))).cause, cause);
  await screen.close();
});

test("the person waits too long: the refusal stands ready at the next submit, although the agent has closed", async () => {
  const kim = await person("kim");
  await windows.stopService();
  windows.changeSettings({ timeouts: { promptMs: 1000 } });
  await windows.startService();
  const screen = await openTo("kim");
  const attempt = await until("the agent gave up", () => attempts("kim")[0]);
  const done = await screen.type("edit", codeOf(kim)).submit();
  assert.deepEqual([done.response, done.credential], ["not-finished", undefined]);
  assert.equal(attempt.cause, "factor.timeout");
  assert.equal(referenceIn(done.text), attempt.reference);
  await screen.close();
  // A second is no time for the stories that come after this one.
  await windows.stopService();
  windows.changeSettings({ timeouts: undefined });
  await windows.startService();
});

test("a pipe that a stranger made in the service's place gets not one byte, also of a screen that has met the service; the service that starts anew does", async () => {
  const mallory = await person("mallory");
  const screen = await openTo("mallory");
  assert.equal((await screen.type("edit", codeOf(mallory)).submit()).response, "credential");
  await windows.stopService();
  const stranger = await windows.startStranger();
  const done = await screen.type("edit", "mallory").type("password", PASSWORD).submit();
  assert.deepEqual([done.response, done.credential], ["not-finished", undefined]);
  assert.match(readFileSync(windows.data("attempts.jsonl"), "utf8"), /"username":"mallory".*"cause":"door.untrusted"/);
  assert.equal(await stranger.end(), "connections 1, bytes 0\n");
  await windows.startService();
  const asked = await screen.type("edit", "mallory").type("password", PASSWORD).submit();
  assert.deepEqual([asked.text, screen.texts()], ["", ["Second factor", ASKED]]);
  await screen.close();
});
