/** Callers that cannot ask, that come without a decision, or that change their user in the middle. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, beforeEach, describe, it } from "node:test";
import { against, asks, code, fields, ourLines } from "./one-logon.ts";
import { addUser, type Call, clearState, helper, PASSWORD, pam, requireNamespace, run, SystemLog, writeService } from "./pam-machine.ts";
import { allow, askCode, clearDoor, deny, type Script, ScriptedAgent } from "./scripted-agent.ts";

requireNamespace();

let log: SystemLog;
let uid = 0;
before(async () => {
  addUser("alice");
  addUser("bob");
  uid = Number(spawnSync("id", ["-u", "alice"], { encoding: "utf8" }).stdout);
  log = await SystemLog.open();
  for (const service of ["bare", "sshd", "su", "login"]) writeService(service, "auth required MODULE\naccount required MODULE");
  const serial = "auth required pam_unix.so nodelay\nauth required MODULE serial\naccount required MODULE";
  writeService("xrdp-sesman", `auth required MODULE split\n${serial}`);
  writeService("eight", `auth required MODULE split digits=8\n${serial}`);
});
after(() => log.close());
beforeEach(async () => {
  clearDoor();
  clearState();
  await log.take();
});

describe("a caller that cannot ask", () => {
  const xrdp = (answer: string) => against(log, asks(askCode), { service: "xrdp-sesman", answers: [answer] });

  it("gives password and code in one, and each goes where it belongs", async () => {
    const done = await xrdp(`${PASSWORD},123456`);
    assert.equal(done.result, "Success", done.output);
    assert.deepEqual(done.hello, { v: 1, hello: { provider: "pam", conversation: false, serial: true } });
    assert.deepEqual([done.heard[0]?.["begin"].service, done.heard[1]], ["xrdp", { input: { id: 1, values: { code: "123456" } } }]);
    assert.doesNotMatch(done.output, /Second factor|Code/);
  });

  for (const [what, answer] of [
    ["no code", PASSWORD],
    ["a space behind", `${PASSWORD},123456 `],
  ] as const) {
    it(`with ${what} is refused`, async () => {
      const done = await xrdp(answer);
      assert.equal(done.result, "Authentication failure");
      if (answer === PASSWORD) assert.deepEqual(done.heard.slice(1), [{ cancel: { cause: "factor.code-malformed" } }]);
    });
  }

  it("whose password has commas and digits is split at the last one only", async () => {
    addUser("dora", "a,123456");
    const done = await against(log, asks(askCode), { service: "xrdp-sesman", user: "dora", answers: ["a,123456,654321"] });
    assert.equal(done.result, "Success");
    assert.equal(done.heard[1]?.["input"].values.code, "654321");
  });

  it("with eight digits needs the option that says so", async () => {
    const show = fields({ ...code, digits: 8 });
    assert.equal((await against(log, asks(show), { service: "eight", answers: [`${PASSWORD},12345678`] })).result, "Success");
    assert.equal(
      (await against(log, asks(show), { service: "xrdp-sesman", answers: [`${PASSWORD},12345678`] })).result,
      "Authentication failure",
    );
  });

  it("gives its code once: a second question is a code that is not there", async () => {
    const done = await against(log, asks(askCode, 2), { service: "xrdp-sesman", answers: [`${PASSWORD},123456`] });
    assert.deepEqual(done.heard.slice(1), [
      { input: { id: 1, values: { code: "123456" } } },
      { cancel: { cause: "factor.code-malformed" } },
    ]);
  });

  it("tells nobody whether the password or the code was wrong", async () => {
    const wrongCode = await against(log, (caller) => caller.say(deny("factor.code-wrong")), {
      service: "xrdp-sesman",
      answers: [`${PASSWORD},000000`],
    });
    const wrongPassword = await xrdp("wrong,123456");
    const noCode = await xrdp(PASSWORD);
    assert.equal(wrongCode.output, wrongPassword.output);
    assert.equal(noCode.output, wrongPassword.output);
  });
});

describe("the account line without a decision", () => {
  const account = (call: Partial<Call>, answer: Script = (caller, opening) => caller.say(allow(opening))) =>
    against(log, answer, { service: "bare", operation: "acct_mgmt", ...call });

  it("asks with the method none, and obeys both answers", async () => {
    const permitted = await account({});
    assert.equal(permitted.result, "Success");
    assert.deepEqual(permitted.heard, [{ account: { username: "alice", uid, service: "bare", scenario: "logon", method: "none" } }]);
    assert.equal((await account({}, (caller) => caller.say(deny("pam.open-path")))).result, "Permission denied");
  });

  for (const [info, method] of [
    ["publickey ssh-ed25519 AAAA", "publickey"],
    ["gssapi-with-mic alice@EXAMPLE", "gssapi"],
    ["gssapi-keyex alice@EXAMPLE", "gssapi"],
    ["", "none"],
    ["../../x", "none"],
  ] as const) {
    it(`calls sshd's “${info}” ${method}`, async () => {
      const done = await account({ service: "sshd", env: { SSH_AUTH_INFO_0: info } });
      assert.equal(done.heard[0]?.["account"].method, method);
    });
  }

  it("takes SSH_AUTH_INFO_0 from nobody but sshd", async () => {
    const done = await account({ service: "login", env: { SSH_AUTH_INFO_0: "publickey x" } });
    assert.equal(done.heard[0]?.["account"].method, "none");
  });

  it("calls su by root root, and by anybody else none", async () => {
    assert.equal((await account({ service: "su" })).heard[0]?.["account"].method, "root");
    const other = await account({ service: "su", under: ["setpriv", "--ruid", "65534", "--"] });
    assert.equal(other.heard[0]?.["account"].method, "none");
  });
});

describe("S22: an application that changes its user", () => {
  it("while the code is asked, is refused for both", async () => {
    const agent = await ScriptedAgent.listen(asks(askCode));
    const done = await run([helper("drive_pam"), "bare", "alice", "during", "bob"]);
    await agent.stop();
    assert.match(done.output, /auth: Authentication failure/);
    assert.match(await ourLines(log), /cause=agent\.decision-invalid .* why=PAM_USER changed meanwhile/);
  });

  it("after the code, has no decision for the other: the agent is asked", async () => {
    const agent = await ScriptedAgent.listen((caller, opening, kind) =>
      kind === "begin" ? asks(askCode)(caller, opening, kind) : caller.say(deny("pam.open-path")),
    );
    const done = await run([helper("drive_pam"), "bare", "alice", "after", "bob"]);
    await agent.stop();
    assert.match(done.output, /auth: Success[\s\S]*account: Permission denied/);
    assert.equal(agent.heard.at(-1)?.["account"].username, "bob");
  });
});

describe("S22: an argument that nobody knows", () => {
  for (const line of [
    "MODULE tries=3",
    "MODULE split digits=9",
    "MODULE timeout=0",
    "MODULE socket=relative",
    "MODULE failed verfy",
    "MODULE attempts=",
  ]) {
    it(`refuses: ${line.slice(7)}`, async () => {
      writeService("mistyped", `auth required ${line}\naccount required ${line}`);
      const agent = await ScriptedAgent.listen((caller, opening) => caller.say(allow(opening)));
      const auth = await pam({ service: "mistyped" });
      const account = await pam({ service: "mistyped", operation: "acct_mgmt" });
      await agent.stop();
      assert.deepEqual([auth.result, account.result], ["Authentication failure", "Permission denied"]);
      assert.deepEqual(agent.heard, []);
      const wrong = line.split(" ").at(-1) ?? "";
      for (const entry of (await ourLines(log)).split("\n"))
        assert.ok(entry.includes(`cause=config.invalid`) && entry.endsWith(`why=${wrong}`), entry);
    });
  }
});
