/** What an administrator can do wrong, and what a disk can: one sentence, exit 1, nothing lost, nothing half-written. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Org } from "../machine/org.ts";
import { COMMAND, must, run } from "../machine/processes.ts";

const sallyport = (args: string[], input?: string) =>
  run(process.execPath, ["--disable-warning=ExperimentalWarning", COMMAND, ...args], input === undefined ? {} : { input });

/** One line on standard error, no stack, exit 1. */
async function refused(args: string[], sentence: RegExp, input?: string): Promise<void> {
  const done = await sallyport(args, input);
  assert.equal(done.code, 1, done.out);
  assert.match(done.out, sentence);
  assert.equal(done.out.trim().split("\n").length, 1, done.out);
  assert.doesNotMatch(done.out, /\n\s+at /);
}

test("S22: a disk that fills up: calls are refused, nothing is lost, and it goes on when there is room", async () => {
  mkdirSync("/run/small");
  must("mount", ["-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", "/run/small"]);
  const org = new Org("/run/small/org");
  await org.start();
  const made: string[] = [];
  let refusal = "";
  for (let index = 0; index < 2000 && refusal === ""; index++) {
    const profile = { login: `full${index}`, lastName: "x".repeat(120) };
    await org.call("POST", "/api/v1/users?activate=true", { profile }).then(
      (user) => void made.push(user.id),
      (error: Error) => {
        refusal = error.message;
      },
    );
  }
  assert.match(refusal, /503.*S0000004/);
  assert.ok(made.length > 10);
  must("mount", ["-o", "remount,size=64m", "/run/small"]);
  for (const id of made) assert.equal((await org.call("GET", `/api/v1/users/${id}`)).id, id);
  await org.call("POST", "/api/v1/users?activate=true", { profile: { login: "room-again" } });
  const verified = await sallyport(["log", "verify", "--data", org.data]);
  assert.equal(verified.code, 0, verified.out);
  await org.stop();
});

test("a data folder that cannot be written is refused with one sentence", async () => {
  mkdirSync("/run/readonly");
  must("mount", ["-t", "tmpfs", "-o", "ro,mode=700", "tmpfs", "/run/readonly"]);
  await refused(["serve", "--data", "/run/readonly", "--listen", "127.0.0.1:18090"], /cannot be (used|opened|written)|read-only/);
});

test("S38: a data folder that others can enter is refused, with the command that closes it", async () => {
  mkdirSync("/run/exposed");
  must("chmod", ["755", "/run/exposed"]);
  await refused(["serve", "--data", "/run/exposed", "--listen", "127.0.0.1:18090"], /run: chmod 700 \/run\/exposed/);
});

test("S38: a second server on the same data is told who holds it", async () => {
  const org = new Org("/run/held");
  await org.start();
  await refused(["serve", "--data", org.data, "--listen", "127.0.0.1:18090"], /another sallyport serve \(process [0-9]+\) holds/);
  await org.stop();
});

test("S7: without its sealing key the org does not start, and says which file to put back", async () => {
  const org = new Org("/run/keyless");
  await org.start();
  await org.stop();
  const key = `${org.data}/sealing.key`;
  const text = readFileSync(key, "utf8");
  must("rm", [key]);
  await refused(["serve", "--data", org.data, "--listen", "127.0.0.1:18090"], /sealing key .* is missing/);
  writeFileSync(key, text.replace(/[0-9a-f]{16}/, "0123456789abcdef"), { mode: 0o600 });
  await refused(["serve", "--data", org.data, "--listen", "127.0.0.1:18090"], /but the database was sealed with key/);
  writeFileSync(key, text, { mode: 0o600 });
  must("chmod", ["644", key]);
  await refused(["serve", "--data", org.data, "--listen", "127.0.0.1:18090"], /can be read by others; run: chmod 600/);
});

test("plain http listens on this machine only", async () => {
  await refused(
    ["serve", "--data", "/run/open", "--listen", "0.0.0.0:18090", "--url", "http://mfa.corp.example"],
    /plain http is for this machine only/,
  );
  await refused(
    ["serve", "--data", "/run/open", "--listen", "127.0.0.1:18090", "--url", "https://mfa.corp.example/login"],
    /path \(\/login\)/,
  );
});

test("a mistyped enrolment code is refused before any network call, with the position", async () => {
  const org = new Org("/run/code");
  await org.start();
  const app = await org.call("POST", "/api/v1/apps", { label: "servers" });
  const { code } = await org.call("POST", "/api/v1/host-codes", { app: app.id });
  // The org is gone: whoever asked it would say so.
  await org.stop();
  const at = 40;
  const wrong = code.slice(0, at) + (code[at] === "7" ? "8" : code[at] === "-" ? "-" : "7") + code.slice(at + 1);
  const position = wrong === code ? at : at + 1;
  assert.notEqual(wrong, code);
  await refused(["host", "enrol", "--state", "/run/code/agent"], new RegExp(`character ${position} `), `${wrong}\n`);
  await refused(["host", "enrol", "--state", "/run/code/agent"], /zero-width space/, `${code.slice(0, 30)}\u200b${code.slice(30)}\n`);
});

test("settings with an unknown key are refused with line, column and the nearest key", async () => {
  mkdirSync("/run/badconf", { mode: 0o700 });
  writeFileSync("/run/badconf/agent.json", '{\n  "org": "https://mfa.corp.example",\n  "hsot": "x"\n}\n', { mode: 0o600 });
  const done = await sallyport(["agent", "run", "--state", "/run/badconf"]);
  // sysexits.h: EX_CONFIG, so that a service manager does not start it again and again.
  assert.equal(done.code, 78, done.out);
  assert.match(done.out, /3.*3|line 3/);
  assert.match(done.out, /host/);
});
