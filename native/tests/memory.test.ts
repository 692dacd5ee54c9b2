/** S32: valgrind and the sanitizers find nothing in whole logons, and no secret stays in the memory of the module. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, beforeEach, describe, it } from "node:test";
import { ASAN_MODULE, addUser, clearState, PASSWORD, pam, requireNamespace, writeService } from "./pam-machine.ts";
import { allow, askCode, clearDoor, deny, type Script, ScriptedAgent } from "./scripted-agent.ts";

requireNamespace();

const ASKING =
  "auth [success=2 default=ignore] pam_unix.so nodelay\nauth [default=ignore] MODULE failed\nauth requisite pam_deny.so\nauth required MODULE timeout=5\naccount required MODULE timeout=5";
const SERIAL = `auth required MODULE split\n${ASKING.replace("MODULE timeout=5", "MODULE serial")}`;

/** Must come first, and libcrypt with it: the sanitizer looks for the functions it wraps once, before pam_unix has loaded them. */
const asan = spawnSync("gcc", ["-print-file-name=libasan.so"], { encoding: "utf8" }).stdout.trim();
const TOOLS: [string, string[], string | undefined][] = [
  [
    "valgrind",
    ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect,possible", "--track-fds=no"],
    undefined,
  ],
  [
    "sanitizers",
    ["env", `LD_PRELOAD=${asan} libcrypt.so.1`, "ASAN_OPTIONS=exitcode=98:detect_leaks=1", "UBSAN_OPTIONS=halt_on_error=1"],
    ASAN_MODULE,
  ],
];

const asksThenAllows: Script = async (caller, opening) => {
  caller.say({ show: { title: "t", text: "x" } }, askCode);
  if ("input" in ((await caller.frame(2)) ?? {})) caller.say(allow(opening));
  else caller.say(deny("factor.code-malformed"));
};
const LOGONS: [string, string, string[], Script | undefined, "Success" | "Authentication failure"][] = [
  ["password and code", "asking", [PASSWORD, "x", "123456"], asksThenAllows, "Success"],
  ["a long code after one too long", "asking", [PASSWORD, `${"K7QF-".repeat(900)}`, "k7qf-3m2p-0000-abcd-wxyz"], asksThenAllows, "Success"],
  ["password,code", "serial", [`${PASSWORD},123456`], asksThenAllows, "Success"],
  ["a password without code", "serial", [PASSWORD], asksThenAllows, "Authentication failure"],
  ["a wrong password", "asking", ["wrong"], (caller) => caller.say(deny()), "Authentication failure"],
  ["a person who leaves", "asking", [PASSWORD], asksThenAllows, "Authentication failure"],
  [
    "garbage",
    "asking",
    [PASSWORD],
    (caller) => caller.raw('{"end":{"result":"allow","username":"al'.repeat(500).concat("\n")),
    "Authentication failure",
  ],
  ["a frame without end", "asking", [PASSWORD], (caller) => caller.raw("x".repeat(70_000)), "Authentication failure"],
  ["an early close", "asking", [PASSWORD, "123456"], (caller) => caller.say(askCode).close(), "Authentication failure"],
  ["two ends", "asking", [PASSWORD], (caller, opening) => caller.say(allow(opening), allow(opening)), "Authentication failure"],
  ["no agent", "asking", [PASSWORD], undefined, "Authentication failure"],
];

before(() => addUser("alice"));
beforeEach(() => {
  clearDoor();
  clearState();
});
let runs = 0;
after(() => void process.stdout.write(`memory: ${runs} logons\n`));

for (const [tool, under, module] of TOOLS) {
  describe(`S32: under ${tool}`, () => {
    before(() => {
      writeService("asking", ASKING, module);
      writeService("serial", SERIAL, module);
    });
    for (const [what, service, answers, script, expected] of LOGONS) {
      it(what, async () => {
        runs += 1;
        const agent = script && (await ScriptedAgent.listen(script));
        const done = await pam({ service, operation: "authenticate acct_mgmt", answers, under });
        await agent?.stop();
        assert.doesNotMatch(done.output, /==\d+==|AddressSanitizer|LeakSanitizer|runtime error/);
        assert.equal(done.result, expected, done.output);
      });
    }
  });
}
