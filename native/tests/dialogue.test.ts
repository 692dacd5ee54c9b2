/** What the module asks, tells and sends when agent and person behave, or the person does not. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, beforeEach, describe, it } from "node:test";
import { against, asks, code, fields, ourLines } from "./one-logon.ts";
import { addUser, clearState, keptAttempts, PASSWORD, pam, requireNamespace, run, SystemLog, writeService } from "./pam-machine.ts";
import { allow, askCode, clearDoor, deny, type Script, ScriptedAgent } from "./scripted-agent.ts";

requireNamespace();

/** The password first, so that PAM holds it: what the module must keep to itself. */
const ASKING = "auth required pam_unix.so nodelay\nauth required MODULE\naccount required MODULE";
const FIRST = { service: "sshd", items: { rhost: "203.0.113.7", tty: "ssh", ruser: "carol" } };

let log: SystemLog;
let uid = 0;
before(async () => {
  addUser("alice");
  uid = Number(spawnSync("id", ["-u", "alice"], { encoding: "utf8" }).stdout);
  log = await SystemLog.open();
  for (const service of ["sshd", "sudo", "su", "su-l", "login", "cron"]) writeService(service, ASKING);
  writeService("bare", "auth required MODULE");
  writeService("short", "auth required MODULE timeout=1");
});
after(() => log.close());
beforeEach(async () => {
  clearDoor();
  clearState();
  await log.take();
});

describe("a logon with a code", () => {
  it("sends who, where and by which service, then the code, and lets in", async () => {
    const done = await against(log, asks(askCode), { ...FIRST, answers: [PASSWORD, "123456"] });
    assert.equal(done.result, "Success", done.output);
    assert.deepEqual(done.hello, { v: 1, hello: { provider: "pam", conversation: true, serial: false } });
    assert.deepEqual(done.heard, [
      {
        begin: {
          username: "alice",
          uid,
          service: "sshd",
          tty: "ssh",
          ruser: "carol",
          address: { value: "203.0.113.7", origin: "socket" },
          scenario: "logon",
          password: "verified",
        },
      },
      { input: { id: 1, values: { code: "123456" } } },
    ]);
    assert.match(done.output, /^Second factor$|: Second factor$/m);
    assert.match(done.output, /Code from your app: /);
    assert.equal(done.log, "");
  });

  it("counts its inputs, and takes spaces out of a code", async () => {
    const done = await against(log, asks(askCode, 3), { ...FIRST, answers: [PASSWORD, "123 456", " 654321 ", "111111"] });
    assert.equal(done.result, "Success");
    assert.deepEqual(
      done.heard.slice(1).map(({ input }) => [input.id, input.values.code]),
      [
        [1, "123456"],
        [2, "654321"],
        [3, "111111"],
      ],
    );
  });

  it("holds the account line with the decision of the same handle, without asking again", async () => {
    const done = await against(log, asks(askCode), { ...FIRST, operation: "authenticate acct_mgmt", answers: [PASSWORD, "123456"] });
    assert.equal(done.result, "Success");
    assert.deepEqual(
      done.heard.map((frame) => Object.keys(frame)[0]),
      ["begin", "input"],
    );
  });

  for (const [service, name, scenario] of [
    ["sudo", "sudo", "elevate"],
    ["su", "su", "elevate"],
    ["su-l", "su", "elevate"],
    ["login", "console", "logon"],
    ["cron", "cron", "logon"],
  ] as const) {
    it(`calls the service ${service} ${name}, scenario ${scenario}`, async () => {
      const done = await against(log, asks(askCode), { service, answers: [PASSWORD, "123456"] });
      assert.deepEqual([done.heard[0]?.["begin"].service, done.heard[0]?.["begin"].scenario], [name, scenario]);
    });
  }

  it("lets in whom the agent lets in without a question, and tells what the agent tells", async () => {
    const done = await against(log, (caller, opening) => caller.say({ end: { ...allow(opening)["end"], text: "Welcome." } }), {
      ...FIRST,
      answers: [PASSWORD],
    });
    assert.equal(done.result, "Success");
    assert.match(done.output, /Welcome\./);
  });
});

describe("S35: an address", () => {
  for (const [service, rhost, origin] of [
    ["sshd", "203.0.113.7", "socket"],
    ["sshd", "2001:db8::7", "socket"],
    ["sshd", "host.example", "claimed"],
    ["sshd", "203.0.113.7 ", "claimed"],
    ["login", "203.0.113.7", "claimed"],
    ["cron", "203.0.113.7", "claimed"],
  ] as const) {
    it(`“${rhost}” of ${service} is ${origin}`, async () => {
      const done = await against(log, asks(askCode), { service, items: { rhost }, answers: [PASSWORD, "123456"] });
      assert.deepEqual(done.heard[0]?.["begin"].address, { value: rhost, origin });
    });
  }

  it("that is empty is none", async () => {
    const done = await against(log, asks(askCode), { service: "sshd", answers: [PASSWORD, "123456"] });
    assert.equal(done.heard[0]?.["begin"].address, undefined);
  });
});

describe("a refusal", () => {
  it("gives the person the agent's sentence with the reference, and the log the cause", async () => {
    const done = await against(log, (caller) => caller.say(deny("factor.code-wrong")), { ...FIRST, answers: [PASSWORD] });
    assert.equal(done.result, "Authentication failure");
    assert.match(done.output, /You were not let in\. Reference: K7QF-3M2P/);
    assert.match(done.log, /sallyport: refused user=alice service=sshd cause=factor\.code-wrong reference=K7QF-3M2P$/);
    assert.deepEqual(keptAttempts(), [], "the agent has its own record");
  });

  it("cannot draw on the terminal or forge a log line", async () => {
    const text = "\u001b[2J\u009b1mno\u0007\r\u0000 entry";
    const done = await against(
      log,
      (caller) => caller.say({ show: { title: text, text } }, { end: { result: "deny", text: "\u001b]0;x\u0007no" } }),
      { ...FIRST, answers: [PASSWORD] },
    );
    assert.equal(done.result, "Authentication failure");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(done.output.replaceAll("\n", ""), /[\u0000-\u001f\u007f-\u009f]/);
  });

  it("of a user name made to forge a log line stays one line", async () => {
    const agent = await ScriptedAgent.listen((caller) => caller.say(deny("user.refused")));
    await pam({ service: "bare", user: "eve\nsallyport: let in user=root cause=x" });
    await agent.stop();
    const lines = (await ourLines(log)).split("\n");
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /refused user=eve\?sallyport:\?let\?in\?user\?root\?cause\?x service=bare cause=user\.refused/);
  });

  it("comes for a user name too long to keep, and for one that is no UTF-8", async () => {
    const long = await pam({ service: "bare", user: "a".repeat(300) });
    assert.equal(long.result, "Authentication failure");
    assert.match(await ourLines(log), /cause=user\.name-shape/);
    const odd = await run(["sh", "-c", "pamtester bare \"$(printf 'al\\377ice')\" authenticate"]);
    assert.equal(odd.code, 1);
    assert.equal(keptAttempts().at(-1)?.username, "al\ufffdice");
  });
});

describe("S32: what is no code", () => {
  it("is asked again, and does not leave the machine", async () => {
    const done = await against(log, asks(askCode), { ...FIRST, answers: [PASSWORD, "12345", "letmein", "123456"] });
    assert.equal(done.result, "Success");
    assert.equal(done.output.match(/That is not a code\./g)?.length, 2);
    assert.deepEqual(done.heard.slice(1), [{ input: { id: 1, values: { code: "123456" } } }]);
  });

  for (const [what, answers] of [
    ["three times", ["x", "", "1234567"]],
    ["the password three times", [PASSWORD, PASSWORD, PASSWORD]],
  ] as const) {
    it(`${what} ends the logon with factor.code-malformed`, async () => {
      const done = await against(log, asks(askCode), { ...FIRST, answers: [PASSWORD, ...answers] });
      assert.equal(done.result, "Authentication failure");
      assert.deepEqual(done.heard.slice(1), [{ cancel: { cause: "factor.code-malformed" } }]);
      assert.match(done.log, /cause=factor\.code-malformed reference=K7QF-3M2P/);
    });
  }

  it("may be six to eight digits where the agent does not say how many", async () => {
    const done = await against(log, asks(fields(code), 2), { ...FIRST, answers: [PASSWORD, "12345", "1234567", "123456789", "12345678"] });
    assert.deepEqual(
      done.heard.slice(1).map(({ input }) => input.values.code),
      ["1234567", "12345678"],
    );
  });

  it("S16: may be a long code, in either case, with hyphens, spaces or neither, whatever the agent says of digits", async () => {
    const typed = ["K7QF-3M2P-0000-ABCD-WXYZ", "k7qf3m2p0000abcdwxyz", " K7QF 3M2P OIL0 abcd wxyz "];
    const done = await against(log, asks(askCode, 3), { ...FIRST, answers: [PASSWORD, ...typed] });
    assert.equal(done.result, "Success", done.output);
    assert.deepEqual(
      done.heard.slice(1).map(({ input }) => input.values.code),
      typed,
    );
  });

  for (const [what, answer] of [
    ["one character short", "K7QF-3M2P-0000-ABCD-WXY"],
    ["one too long", "K7QF-3M2P-0000-ABCD-WXYZ0"],
    ["with a U", "K7QF-3M2P-0000-ABCD-WXYU"],
    ["with another sign", "K7QF_3M2P_0000_ABCD_WXYZ"],
    ["with a letter of another script", "K7QF-3M2P-0000-ABCD-WXYſ"],
  ] as const)
    it(`is a long code ${what}: it does not leave the machine`, async () => {
      const done = await against(log, asks(askCode), { ...FIRST, answers: [PASSWORD, answer, "123456"] });
      assert.deepEqual(done.heard.slice(1), [{ input: { id: 1, values: { code: "123456" } } }]);
    });

  it("is the password, even where it has the shape of a long code", async () => {
    const password = "k7qf3m2p0000abcdwxyz";
    addUser("shaped", password);
    const done = await against(log, asks(askCode), { ...FIRST, user: "shaped", answers: [password, password, "123456"] });
    assert.deepEqual(done.heard.slice(1), [{ input: { id: 1, values: { code: "123456" } } }], done.output);
  });

  it("is the password in any other field, too", async () => {
    for (const kind of ["text", "secret"]) {
      const done = await against(log, asks(fields({ id: "a", kind, label: "Answer" })), {
        ...FIRST,
        answers: [PASSWORD, PASSWORD, "other"],
      });
      assert.deepEqual(done.heard.slice(1), [{ input: { id: 1, values: { a: "other" } } }]);
    }
  });
});

describe("a person who", () => {
  it("leaves at the prompt has cancelled", async () => {
    const done = await against(log, asks(askCode), { ...FIRST, answers: [PASSWORD] });
    assert.equal(done.result, "Authentication failure");
    assert.deepEqual(done.heard.slice(1), [{ cancel: { cause: "logon.cancelled" } }]);
    assert.match(done.log, /cause=logon\.cancelled reference=K7QF-3M2P/);
  });

  it("answers too late has run out of time, and the code stays here", async () => {
    const agent = await ScriptedAgent.listen(asks(askCode));
    const done = await run(["sh", "-c", "{ sleep 1.3; echo 123456; } | pamtester short alice authenticate"]);
    await agent.stop();
    assert.equal(done.code, 1);
    assert.deepEqual(agent.heard.slice(2), [{ cancel: { cause: "factor.timeout" } }]);
    assert.match(await ourLines(log), /cause=factor\.timeout reference=K7QF-3M2P/);
  });

  it("is let in by an agent that allows after a cancel, is not", async () => {
    const script: Script = async (caller, opening) => {
      caller.say(askCode);
      await caller.frame(2);
      caller.say(allow(opening));
    };
    const done = await against(log, script, { ...FIRST, answers: [PASSWORD] });
    assert.equal(done.result, "Authentication failure");
    assert.match(done.log, /cause=agent\.decision-invalid .* why=an allow after a cancel/);
  });

  it("presses return presses the first button", async () => {
    const push = { id: "push", kind: "button", label: "Send to phone" };
    const done = await against(log, asks(fields(code, push, { ...push, id: "other" })), { ...FIRST, answers: [PASSWORD, ""] });
    assert.deepEqual(done.heard[1], { input: { id: 1, values: { push: "pressed" } } });
  });

  it("picks from a numbered list", async () => {
    const choices = [
      { value: "totp", label: "App" },
      { value: "push", label: "Phone" },
    ];
    const done = await against(log, asks(fields({ id: "how", kind: "choice", label: "How", choices })), {
      ...FIRST,
      answers: [PASSWORD, "3", "push", "2"],
    });
    assert.match(done.output, /1\. App\n2\. Phone/);
    assert.deepEqual(done.heard[1], { input: { id: 1, values: { how: "push" } } });
  });

  it("types a code, or the number or word of a way that stands above it, in one field", async () => {
    const choices = [
      { value: "push", label: "push: a request to your phone" },
      { value: "mail", label: "mail: a code by mail" },
    ];
    const answered = async (...answers: string[]) => {
      const done = await against(log, asks(fields({ ...code, digits: 6, choices })), { ...FIRST, answers: [PASSWORD, ...answers] });
      assert.match(done.output, /1\. push: a request to your phone\n2\. mail: a code by mail/);
      return done.heard[1]?.["input"]?.values;
    };
    assert.deepEqual(await answered("2"), { code: "mail" });
    assert.deepEqual(await answered("Push"), { code: "push" });
    assert.deepEqual(await answered("123456"), { code: "123456" });
    assert.deepEqual(await answered("3", "post", "mail"), { code: "mail" }, "what is neither is asked again");
    const fifth = await against(log, asks(fields({ ...code, digits: 6, choices })), { ...FIRST, answers: [PASSWORD, "5", "mail"] });
    assert.match(fifth.output, /That number is not in the list\./);
  });

  it("sees over ssh at once what only waits, since sshd holds back what it is told: what is typed there goes nowhere", async () => {
    const waits: Script = (caller, opening) => caller.say({ show: { text: "Type 42 on your phone.", wait: true } }, allow(opening));
    const done = await against(log, waits, { ...FIRST, answers: [PASSWORD, PASSWORD] });
    assert.equal(done.result, "Success", done.output);
    assert.match(done.output, /Type 42 on your phone\./);
    assert.match(done.output, /Then press Enter: /);
    assert.deepEqual(done.heard.slice(1), []);
    const sudo = await against(log, waits, { service: "sudo", answers: [PASSWORD] });
    assert.deepEqual([sudo.result, /press Enter/.test(sudo.output)], ["Success", false]);
  });

  it("leaves while a show waits has cancelled, whatever the agent says by then", async () => {
    const waits: Script = (caller, opening) => caller.say({ show: { text: "Type 42 on your phone.", wait: true } }, allow(opening));
    const done = await against(log, waits, { ...FIRST, answers: [PASSWORD] });
    assert.equal(done.result, "Authentication failure");
    assert.deepEqual(done.heard.slice(1), [{ cancel: { cause: "logon.cancelled" } }]);
  });

  it("types the nine letters of a page only where a link stands above", async () => {
    const link = { id: "l", kind: "link", label: "Open", value: "https://org.example/a" };
    const call = { ...FIRST, answers: [PASSWORD, "k7q-f3m-2p0", "123456"] };
    assert.deepEqual((await against(log, asks(fields(link, code)), call)).heard[1]?.["input"]?.values, { code: "k7q-f3m-2p0" });
    assert.deepEqual((await against(log, asks(fields(code)), call)).heard[1]?.["input"]?.values, { code: "123456" });
  });

  it("reads a link and a QR code as text, and types the code that goes with it", async () => {
    const link = { id: "l", kind: "link", label: "Open", value: "https://org.example/a" };
    const done = await against(log, asks(fields(link, { ...link, id: "q", kind: "qr", label: "Scan" }, code)), {
      ...FIRST,
      answers: [PASSWORD, "123456"],
    });
    const drawn = { id: "q", kind: "qr", label: "Scan", value: "otpauth://x", drawn: "██\n▀▄" };
    const seen = await against(log, asks(fields(drawn, code)), { ...FIRST, answers: [PASSWORD, "123456"] });
    assert.match(seen.output, /Scan:\n██\n▀▄\n/);
    assert.match(done.output, /Open: https:\/\/org\.example\/a\nScan: https:\/\/org\.example\/a/);
    assert.deepEqual(done.heard[1], { input: { id: 1, values: { code: "123456" } } });
  });
});
