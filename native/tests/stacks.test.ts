/** The stacks of docs/pam.md with the real pam_unix: password and code, either, neither, and the module in trouble. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, describe, it } from "node:test";
import {
  addUser,
  clearState,
  keptAttempts,
  PASSWORD,
  pam,
  requireNamespace,
  SystemLog,
  writeFailMode,
  writeService,
} from "./pam-machine.ts";
import { allow, askCode, clearDoor, deny, type Script, ScriptedAgent } from "./scripted-agent.ts";

requireNamespace();

/** As the page gives them, so that it cannot say anything else than what is tested here. */
function stackOfPage(name: string): string {
  const page = readFileSync(new URL("../../docs/pam.md", import.meta.url), "utf8");
  const block = new RegExp(`<!-- stack: ${name} -->\\n\`\`\`\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1];
  assert.ok(block, `docs/pam.md gives a stack for ${name}`);
  return block;
}

let log: SystemLog;
let cells = 0;
before(async () => {
  addUser("alice");
  log = await SystemLog.open();
  // pam_unix waits two seconds after a wrong password; that is not what is tested here.
  const quick = (stack: string, module = "MODULE") =>
    stack.replaceAll("pam_unix.so nullok", "pam_unix.so nullok nodelay").replaceAll("pam_sallyport.so", module);
  for (const name of ["sshd", "sudo", "su", "login"]) writeService(name, quick(stackOfPage("asking")));
  writeService("xrdp-sesman", quick(stackOfPage("xrdp-sesman")));
  writeService("sshd-missing", quick(stackOfPage("asking"), "/nowhere/pam_sallyport.so"));
  writeService("xrdp-missing", quick(stackOfPage("xrdp-sesman"), "/nowhere/pam_sallyport.so"));
  writeService("failed-required", "auth required MODULE failed");
  writeService("failed-alone", "auth [default=ignore] MODULE failed");
  writeService("split-alone", "auth required MODULE split");
  writeService("setcred-alone", "auth required MODULE");
});
after(() => {
  log.close();
  process.stdout.write(`stacks: ${cells} cells\n`);
});
beforeEach(async () => {
  clearDoor();
  clearState();
  await log.take();
});

const judges: Script = async (caller, opening, kind) => {
  if (kind === "failed") return caller.say(deny("user.password"));
  if (kind === "account") return caller.say(deny("pam.open-path"));
  caller.say(askCode);
  const answer = await caller.frame(2);
  if (answer && "cancel" in answer) return caller.say(deny());
  return caller.say(answer?.["input"]?.values.code === "123456" ? allow(opening) : deny("factor.code-wrong"));
};

async function logon(service: string, password: string, code: string | undefined, script: Script | null = judges) {
  cells += 1;
  const serial = service.startsWith("xrdp");
  const answers = serial ? [code === undefined ? password : `${password},${code}`] : [password, ...(code === undefined ? [] : [code])];
  const agent = script && (await ScriptedAgent.listen(script));
  const done = await pam({ service, operation: "authenticate acct_mgmt", answers });
  await agent?.stop();
  const lines = (await log.take()).filter((line) => line.includes("sallyport:"));
  return {
    ...done,
    kinds: (agent?.heard ?? []).map((frame) => Object.keys(frame).at(-1)),
    lines: lines.join("\n"),
    heard: JSON.stringify(agent?.heard ?? []),
  };
}

for (const service of ["sshd", "sudo", "su", "login", "xrdp-sesman"]) {
  const serial = service === "xrdp-sesman";
  describe(`the stack of ${service}`, () => {
    it("lets in with password and code", async () => {
      const done = await logon(service, PASSWORD, "123456");
      assert.equal(done.result, "Success", done.output);
      assert.deepEqual(done.kinds, ["hello", "begin", "input"]);
    });
    it("refuses a wrong code", async () => {
      const done = await logon(service, PASSWORD, "000000");
      assert.equal(done.result, "Authentication failure");
      assert.match(done.lines, /cause=factor\.code-wrong/);
    });
    it("S3: records a wrong password, and asks for no code", async () => {
      const done = await logon(service, "wrong", "123456");
      assert.equal(done.result, "Authentication failure");
      assert.deepEqual(done.kinds, ["hello", "failed"]);
      assert.match(done.lines, /cause=user\.password reference=K7QF-3M2P/);
    });
    it("refuses an empty password", async () => {
      assert.equal((await logon(service, "", "123456")).result, "Authentication failure");
    });
    it("refuses a password without code", async () => {
      const done = await logon(service, PASSWORD, undefined);
      assert.equal(done.result, "Authentication failure");
      assert.match(done.lines, serial ? /cause=factor\.code-malformed/ : /cause=logon\.cancelled/);
    });
    it("S22: refuses when the agent is gone, right or wrong", async () => {
      assert.equal((await logon(service, PASSWORD, "123456", null)).result, "Authentication failure");
      assert.equal((await logon(service, "wrong", "123456", null)).result, "Authentication failure");
      assert.deepEqual(
        keptAttempts().map(({ cause }) => cause),
        ["agent.unreachable", "user.password"],
      );
    });
    it("lets the password alone in while disarmed, and still no wrong one", async () => {
      writeFailMode({ v: 1, armed: false, agentGone: "refuse", until: 0 });
      assert.equal((await logon(service, PASSWORD, serial ? "123456" : undefined, null)).result, "Success");
      assert.equal((await logon(service, "wrong", serial ? "123456" : undefined, null)).result, "Authentication failure");
    });
    it("S32: leaves neither password nor code in any log, nor at the agent more than the code", async () => {
      const done = await logon(service, PASSWORD, "000000");
      await logon(service, PASSWORD, "000000", null);
      const left = `${done.lines}${(await log.take()).join()}${JSON.stringify(keptAttempts())}`;
      assert.doesNotMatch(left, /000000/);
      assert.doesNotMatch(left + done.heard, new RegExp(PASSWORD));
    });
  });
}

describe("S22: a module that", () => {
  it("is missing refuses in both stacks", async () => {
    assert.notEqual((await logon("sshd-missing", PASSWORD, "123456")).result, "Success");
    assert.notEqual((await logon("xrdp-missing", PASSWORD, "123456")).result, "Success");
  });
  for (const service of ["failed-required", "failed-alone", "split-alone"]) {
    it(`stands alone as ${service} lets nobody in, whatever the agent says`, async () => {
      const done = await pam({ service, answers: [`${PASSWORD},123456`] });
      assert.notEqual(done.result, "Success");
      const agent = await ScriptedAgent.listen((caller, opening) => caller.say(allow(opening)));
      assert.notEqual((await pam({ service, answers: [`${PASSWORD},123456`] })).result, "Success");
      await agent.stop();
    });
  }
  it("is asked for credentials it has none of lets the stack go on", async () => {
    const agent = await ScriptedAgent.listen((caller, opening) => caller.say(allow(opening)));
    assert.equal((await pam({ service: "setcred-alone", operation: "authenticate setcred" })).result, "Success");
    await agent.stop();
  });
});
