/** `sallyport logon` while the org is away: plain, it can prove no password; in the machine's place, it asks what a real door would. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { OrgProcess } from "../org-process.fixture.ts";

const NODE = ["--disable-warning=ExperimentalWarning", new URL("../main.ts", import.meta.url).pathname];

test("break-glass is offered where the password counts as checked, as at a door, and lets in by the answer; plain, the org is named as away", async (t) => {
  const org = new OrgProcess(t);
  await org.start();
  const file = (name: string, text: string) => {
    writeFileSync(join(org.folder, name), text, { mode: 0o600 });
    return join(org.folder, name);
  };
  const key = join(org.folder, "key.json");
  for (const words of [
    ["app", "add", "servers"],
    ["user", "add", "alice", "--assign", "servers"],
    ["policy", "set", file("policy.json", '{"rules":[],"breakGlass":{"users":["alice"]}}'), "--app", "servers"],
    ["breakglass", "export", "--file", key],
  ])
    assert.equal(org.say(...words).code, 0, words.join(" "));
  const code = file("code", org.say("host", "code", "--app", "servers").out);
  mkdirSync(join(org.folder, "machine"), { mode: 0o700 });
  const state = ["--state", join(org.folder, "machine", "agent")];
  const here = (...words: string[]) => spawnSync(process.execPath, [...NODE, ...words], { encoding: "utf8", input: "" });
  assert.equal(here("host", "enrol", ...state, "--code-file", code, "--name", "srv01").status, 0);
  const agent = spawn(process.execPath, [...NODE, "agent", "run", ...state], { stdio: ["ignore", "ignore", "pipe"] });
  t.after(() => stop(agent));
  await once(createInterface({ input: agent.stderr }), "line");
  assert.equal(here("agent", "arm", ...state).status, 0);
  const { socket } = JSON.parse(here("agent", "status", "--json", ...state).stdout) as { socket: string };
  await org.stop();

  const plain = here("logon", "alice", "--socket", socket);
  assert.deepEqual([plain.status, /Challenge:/.test(plain.stdout + plain.stderr)], [1, false]);

  const door = spawn(process.execPath, [...NODE, "logon", "alice", "--socket", socket, "--password-checked"]);
  t.after(() => stop(door));
  const said = { err: "", out: "" };
  door.stdout.on("data", (part) => {
    said.out += part;
  });
  const asked = new Promise<string>((resolve) =>
    door.stderr.on("data", (part) => {
      said.err += part;
      const shown = /Challenge: (\S+)\nAnswer: /.exec(said.err);
      if (shown) resolve(String(shown[1]));
    }),
  );
  const ended = once(door, "close");
  const challenge = await Promise.race([asked, ended.then(() => assert.fail(`it ended: ${said.out}${said.err}`))]);
  // The file was exported before the machine was enrolled: it knows it by the id alone.
  const id = /\((hst_\w+)\)/.exec(said.err)?.[1] ?? "";
  const words = ["breakglass", "answer", "--key", key, "--host", id, "--user", "alice", "--challenge", challenge];
  const [answer] = here(...words).stdout.split("\n");
  door.stdin.end(`${answer}\n`);
  const [status] = await ended;
  assert.deepEqual([status, said.out], [0, "Let in as alice.\n"], said.err);
});

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
