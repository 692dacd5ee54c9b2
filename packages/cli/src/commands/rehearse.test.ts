/** `sallyport policy rehearse` by the machine alone: the app is its own, the service its usual one, and what was assumed is said. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { OrgProcess } from "../org-process.fixture.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;

test("what is not said is taken from the machine, and told; what does not fit is refused", async (t) => {
  const org = new OrgProcess(t);
  await org.start();
  for (const words of [
    ["app", "add", "servers"],
    ["user", "add", "alice", "--assign", "servers"],
  ])
    assert.equal(org.say(...words).code, 0, words.join(" "));
  const only = org.say("policy", "rehearse", "--user", "alice").out;
  assert.match(only, /^Assumed: app servers \(--app\), service sshd \(--service\)\nalice: refuse \(factor\.none\)/);
  org.json("app", "add", "desktops");
  const both = org.say("policy", "rehearse", "--user", "alice");
  assert.deepEqual([both.code, /name the machine \(--host\) or the app \(--app\): there are desktops, servers/.test(both.err)], [1, true]);

  mkdirSync(join(org.folder, "agent"), { mode: 0o700 });
  writeFileSync(join(org.folder, "code"), org.say("host", "code", "--app", "servers").out, { mode: 0o600 });
  const enrol = [
    "host",
    "enrol",
    "--state",
    join(org.folder, "agent", "state"),
    "--code-file",
    join(org.folder, "code"),
    "--name",
    "srv01",
  ];
  const enrolled = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...enrol], { encoding: "utf8", input: "" });
  assert.equal(enrolled.status, 0, enrolled.stderr);
  const assumed = (...words: string[]) =>
    org.json<{ assumed: object; trace: object[] }>("policy", "rehearse", "--host", "SRV01", "--user", "alice", ...words).assumed;
  assert.deepEqual(assumed(), { app: "servers", service: "sshd" });
  assert.deepEqual(assumed("--app", "servers", "--service", "sudo"), {});
  assert.match(
    org.say("policy", "rehearse", "--host", "srv01", "--app", "desktops", "--user", "alice").err,
    /srv01 belongs to the app servers/,
  );

  await org.stop();
  const data = new DatabaseSync(join(org.data, "org.db"));
  data.exec("UPDATE hosts SET platform = 'windows'");
  data.close();
  await org.start();
  assert.deepEqual(assumed(), { app: "servers", service: "rdp" });
});
