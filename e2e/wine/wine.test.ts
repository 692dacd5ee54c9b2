/** The door on Windows, as far as Wine can show it: provider → pipe → relay → agent in one program → org over TLS, with a TOTP code. */
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { codeOf, ORG_NAME, Org, type Person } from "../machine/org.ts";
import { COMMAND, must, until } from "../machine/processes.ts";
import { LogonScreen, readCredential } from "./logon-screen.ts";
import { Windows } from "./windows.ts";

/** What JSON, UTF-16 and a command line may trip over. */
const PASSWORD = 'Grüße "\\ 😀 7';
const ASKED = "Code from your app";

let org: Org;
let windows: Windows;
let app: string;

before(async () => {
  const began = performance.now();
  mkdirSync("/run/story", { recursive: true, mode: 0o700 });
  appendFileSync("/etc/hosts", `127.0.0.1 ${ORG_NAME}\n`);
  org = new Org("/run/story/org");
  await org.start();
  app = (await org.call("POST", "/api/v1/apps", { label: "servers" })).id;
  windows = await Windows.install();
  const { code } = await org.call("POST", "/api/v1/host-codes", { app, name: "win01" });
  assert.equal(windows.agent("enrol", `${code}\r\n`).host.name, "win01");
  await windows.startService();
  assert.deepEqual(windows.agent("arm"), { ok: true, findings: [], blocking: [] });
  console.log(`Windows is ready after ${Math.round((performance.now() - began) / 1000)} s`);
});
after(async () => {
  await windows?.end();
  await org?.stop();
});

async function person(login: string): Promise<Person> {
  const made = await org.person(login, `Pw-${login}-1`);
  await org.call("POST", `/api/v1/apps/${app}/users`, { id: made.id });
  return made;
}

/** The agent's records of finished attempts of one user, oldest first. */
function attempts(login: string): { reference: string; result: string; cause?: string; evidence: any; service: string }[] {
  const lines = readFileSync(windows.data("agent.log"), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line)).filter(({ event, username }) => event === "logon" && username === login);
}

/** What an administrator reads on the org. */
function why(reference: string): { cause: string | null; result: string | null } {
  return JSON.parse(must(process.execPath, [COMMAND, "why", reference, "--json", "--data", org.data]));
}

/** The reference as the person reads it. */
function referenceIn(text: string): string {
  return /Reference: (\S+)$/.exec(text)?.[1] ?? assert.fail(`no reference: ${text}`);
}

test("the right password and the right code: Windows gets the frozen credential, once", async () => {
  const alice = await person("alice");
  const screen = await LogonScreen.open(windows);
  assert.equal(screen.autoLogon, false);
  const asked = await screen.type("edit", "alice").type("password", PASSWORD).submit();
  assert.equal(asked.response, "not-finished", asked.text);
  assert.deepEqual(screen.texts(), ["Second factor", ASKED]);
  const input = screen.screen.find(({ type }) => type === "edit");
  assert.ok(input?.focused && asked.besideSubmit === input.field, "the person can type at once");
  assert.equal(screen.screen.some(({ type }) => type === "password"), false);
  const done = await screen.type("edit", codeOf(alice)).submit();
  assert.equal(done.response, "credential", done.text);
  const { type, domain, user, password, logonId } = readCredential(done.credential?.bytes ?? "");
  assert.deepEqual({ type, user, password, logonId }, { type: 2, user: "alice", password: PASSWORD, logonId: 0n });
  assert.notEqual(domain, "", "an account of the machine itself has the machine's name");
  const again = await screen.submit();
  assert.equal(again.response, "not-finished");
  assert.equal(again.credential, undefined);
  await screen.close();
  const [attempt, ...more] = attempts("alice");
  assert.ok(attempt?.result === "allow" && attempt.service === "console" && more.length === 0);
  assert.equal(why(attempt.reference).result, "allow");
  console.log(`password to prompt ${asked.ms} ms, code to credential ${done.ms} ms`);
});
