/** An agent that misbehaves lets nobody in, whatever the fail-mode file says; each way has one cause. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, before, beforeEach, describe, it } from "node:test";
import {
  addUser,
  clearState,
  helper,
  keptAttempts,
  pam,
  requireNamespace,
  run,
  SystemLog,
  writeFailMode,
  writeService,
} from "./pam-machine.ts";
import { allow, askCode, clearDoor, deny, type Script, ScriptedAgent, SOCKET } from "./scripted-agent.ts";

requireNamespace();

const show = (text: string) => ({ show: { text } });

const WAYS: [string, string, Script][] = [
  ["closes at once", "agent.fault", (agent) => agent.close()],
  ["closes after a show", "agent.fault", (agent) => agent.say(askCode).close()],
  ["closes within a frame", "door.malformed", (agent) => agent.raw('{"end":{"result":"allow"').close()],
  ["closes after an allow without its newline", "door.malformed", (agent, opening) => agent.raw(JSON.stringify(allow(opening))).close()],
  ["sends garbage", "door.malformed", (agent) => agent.raw("allow alice\n")],
  ["sends an empty line", "door.malformed", (agent) => agent.raw("\n")],
  ["sends bytes that are no UTF-8", "door.malformed", (agent) => agent.raw(Buffer.from('{"show":{"text":"\xff"}}\n', "latin1"))],
  ["sends a frame without end", "door.malformed", (agent) => agent.raw(`{"show":{"text":"${"x".repeat(70_000)}`)],
  [
    "sends a frame of 64 KiB and one byte",
    "door.malformed",
    (agent, opening) => agent.raw(`${JSON.stringify(allow(opening)).padEnd(65_536)}\n`),
  ],
  ["sends a text over its length", "door.malformed", (agent) => agent.say(show("x".repeat(4097)))],
  ["nests ten thousand deep", "door.malformed", (agent) => agent.raw(`${"[".repeat(10_000)}\n`)],
  ["speaks another version", "agent.unreachable", (agent) => agent.say({ error: { cause: "agent.unreachable", text: "version 2" } })],
  ["says that we are malformed", "door.malformed", (agent) => agent.say({ error: { cause: "door.malformed", text: "x" } })],
  ["names a cause that would forge a log line", "agent.fault", (agent) => agent.say({ error: { cause: "x reference=AAAA", text: "x" } })],
  ["hangs", "agent.unreachable", () => {}],
  ["hangs within a frame", "agent.unreachable", (agent) => agent.raw('{"end":')],
  ["shows for ever", "door.malformed", (agent) => agent.say(...Array(200).fill(show("again")))],
  ["allows another user", "agent.decision-invalid", (agent, opening) => agent.say({ end: { ...allow(opening)["end"], username: "root" } })],
  [
    "allows the user in other case",
    "agent.decision-invalid",
    (agent, opening) => agent.say({ end: { ...allow(opening)["end"], username: "ALICE" } }),
  ],
  ["allows another uid", "agent.decision-invalid", (agent) => agent.say({ end: { result: "allow", username: "alice", uid: 0 } })],
  [
    "allows a uid that only looks like ours in 32 bits",
    "door.malformed",
    (agent, { uid }) => agent.say({ end: { result: "allow", username: "alice", uid: uid + 2 ** 32 } }),
  ],
  ["allows a user with NUL behind", "agent.decision-invalid", (agent) => agent.say({ end: { result: "allow", username: "alice\0root" } })],
  ["allows nobody", "door.malformed", (agent) => agent.say({ end: { result: "allow" } })],
  ["allows twice", "agent.decision-invalid", (agent, opening) => agent.say(allow(opening), allow(opening))],
  ["allows and denies", "agent.decision-invalid", (agent, opening) => agent.say(allow(opening), deny())],
  ["allows, and begins something else", "agent.decision-invalid", (agent, opening) => agent.raw(`${JSON.stringify(allow(opening))}\n{`)],
  [
    "denies and allows in one object",
    "door.malformed",
    (agent) => agent.raw('{"end":{"result":"deny","text":"no","result":"allow","username":"alice"}}\n'),
  ],
  [
    "puts two frames on one line",
    "door.malformed",
    (agent, opening) => agent.raw(`${JSON.stringify(show("x"))}${JSON.stringify(allow(opening))}\n`),
  ],
  ["says allow in other case", "door.malformed", (agent) => agent.say({ end: { result: "ALLOW", username: "alice" } })],
  ["says allow as a frame of its own", "door.malformed", (agent) => agent.say({ allow: { username: "alice" } })],
  ["adds a member that nobody knows", "door.malformed", (agent, opening) => agent.say({ end: { ...allow(opening)["end"], sudo: true } })],
];
const SERVICES: [string, string, Record<string, string>][] = [
  ["local", "console-like", {}],
  ["sshd", "sshd", { rhost: "203.0.113.7" }],
  ["sudo", "sudo", {}],
];

let log: SystemLog;
let cells = 0;
before(async () => {
  addUser("alice");
  log = await SystemLog.open();
  for (const [, service] of SERVICES) writeService(service, "auth required MODULE timeout=1\naccount required MODULE timeout=1");
});
after(() => {
  log.close();
  process.stdout.write(`misbehaving agent: ${cells} cells\n`);
});
beforeEach(async () => {
  clearDoor();
  clearState();
  // It would let a local logon in, if the agent were only gone.
  writeFailMode({ v: 1, armed: true, agentGone: "allow", until: Math.floor(Date.now() / 1000) + 3600 });
  await log.take();
});

async function expectRefusal(
  cause: string,
  call: { service: string; items?: Record<string, string>; operation?: "authenticate" | "acct_mgmt" },
) {
  cells += 1;
  const done = await pam({ answers: ["123456"], ...call });
  assert.equal(done.result, call.operation === "acct_mgmt" ? "Permission denied" : "Authentication failure", done.output);
  const lines = (await log.take()).filter((line) => line.includes("sallyport:"));
  const kept = keptAttempts();
  assert.equal(lines.length, 1, lines.join("\n"));
  assert.equal(kept.length, 1);
  assert.match(
    lines[0] ?? "",
    new RegExp(`refused user=alice service=\\S+ cause=${cause.replace(".", "\\.")} reference=${kept[0]?.reference} why=`),
  );
  assert.equal(kept[0]?.cause, cause);
  assert.ok(kept[0]?.evidence);
  assert.match(done.output, new RegExp(`You cannot sign in right now. Contact support. Reference: ${kept[0]?.reference}`));
}

for (const [way, cause, script] of WAYS) {
  describe(`S22: an agent that ${way}`, () => {
    for (const [name, service, items] of SERVICES) {
      for (const operation of ["authenticate", "acct_mgmt"] as const) {
        it(`${name}, ${operation}: refused, ${cause}`, async () => {
          const agent = await ScriptedAgent.listen(script);
          try {
            await expectRefusal(cause, { service, items, operation });
          } finally {
            await agent.stop();
          }
        });
      }
    }
  });
}

describe("S32: a door that is not root's", () => {
  it("gets no byte when its listener is somebody else", async () => {
    const door = spawn(helper("foreign_door"), [SOCKET], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: door.stdout })[Symbol.asyncIterator]();
    try {
      assert.equal((await lines.next()).value, "listening");
      await expectRefusal("door.untrusted", { service: "console-like" });
      assert.equal((await lines.next()).value, "received 0");
    } finally {
      door.kill();
    }
  });

  it("is not opened in a folder that others can write, even when nobody listens there", async () => {
    chmodSync("/run/sallyport", 0o777);
    await expectRefusal("door.untrusted", { service: "console-like" });
  });

  it("is not opened in a folder of somebody else", async () => {
    await run(["chown", "65534", "/run/sallyport"]);
    await expectRefusal("door.untrusted", { service: "console-like" });
  });

  it("is not opened through a link in place of its folder", async () => {
    rmSync("/run/sallyport", { recursive: true });
    mkdirSync("/run/elsewhere", { recursive: true });
    symlinkSync("/run/elsewhere", "/run/sallyport");
    await expectRefusal("door.untrusted", { service: "console-like" });
    rmSync("/run/sallyport");
  });

  it("that is no socket refuses", async () => {
    writeFileSync(SOCKET, "");
    cells += 1;
    assert.equal((await pam({ service: "sshd" })).result, "Authentication failure");
  });
});

describe("an agent that is only slow or verbose", () => {
  it("may write a byte at a time", async () => {
    const agent = await ScriptedAgent.listen(async (caller, opening) => {
      for (const byte of `${JSON.stringify(allow(opening))}\n`) {
        caller.raw(byte);
        await new Promise((done) => setImmediate(done));
      }
    });
    assert.equal((await pam({ service: "sshd" })).result, "Success");
    await agent.stop();
  });

  it("may send a frame of exactly 64 KiB", async () => {
    const agent = await ScriptedAgent.listen((caller, opening) => caller.raw(`${JSON.stringify(allow(opening)).padEnd(65_535)}\n`));
    assert.equal((await pam({ service: "sshd" })).result, "Success");
    await agent.stop();
  });

  it("may tell several things before the end", async () => {
    const agent = await ScriptedAgent.listen((caller, opening) =>
      caller.say(show("one"), { show: { text: "two", wait: true } }, allow(opening)),
    );
    // What waits is made to be seen over ssh by a question that Enter answers.
    const done = await pam({ service: "sshd", answers: [""] });
    assert.equal(done.result, "Success");
    assert.match(done.output, /one[\s\S]*two/);
    await agent.stop();
  });
});
