/** FreeRDP → xrdp → PAM → agent → org with `password,code` in one field: in, or refused with exactly one cause. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type Attempt, Machine } from "../machine/machine.ts";
import { codeOf, type Person } from "../machine/org.ts";
import { until } from "../machine/processes.ts";
import { type RdpServer, rdp, startScreen, startXrdp } from "../machine/rdp.ts";

let machine: Machine;
let xrdp: RdpServer;
let screen: { stop(): Promise<void> };

before(async () => {
  machine = await Machine.build([]);
  xrdp = await startXrdp();
  screen = await startScreen();
});
after(async () => {
  await screen?.stop();
  await xrdp?.stop();
  await machine?.end();
});

const sessionOf = (name: string) =>
  existsSync(`/run/homes/${name}/session`) ? readFileSync(`/run/homes/${name}/session`, "utf8").trim() || undefined : undefined;

/** Logs on, and waits until sesman has refused this user. */
async function refused(user: Person, password: string): Promise<Attempt> {
  const before = machine.attempts().length;
  const kept = machine.keptAttempts().length;
  await rdp(user.login, password, () => (new RegExp(`AUTHFAIL: user=${user.login} `).test(xrdp.log()) ? true : undefined));
  assert.equal(sessionOf(user.login), undefined);
  // A module that was not answered in time leaves before the agent has written it.
  return until(`the record of ${user.login}`, () =>
    [...machine.attempts().slice(before), ...machine.keptAttempts().slice(kept)].filter(({ username }) => username === user.login).at(-1),
  );
}

/** The code of a step that has just begun, so that it has its whole time before it: a session takes long to come up. */
async function newCode(user: Person): Promise<string> {
  const present = codeOf(user);
  return until("the app's next code", () => (codeOf(user) === present ? undefined : codeOf(user)), 90);
}

async function letIn(user: Person, password: string, shot?: string): Promise<void> {
  assert.equal(await rdp(user.login, password, () => sessionOf(user.login), shot), user.login);
}

test("password,code: in; the session shows whose it is (screenshot)", async () => {
  const alice = await machine.addPerson("alice");
  await letIn(alice, `${alice.password},${codeOf(alice)}`, "xrdp-session");
  const attempt = machine.attempts().at(-1);
  assert.equal(attempt?.service, "xrdp");
  assert.equal(machine.why(attempt?.reference ?? "").result, "allow");
});

const CASES: {
  path: string;
  cause: string;
  password: (user: Person) => string;
  assigned?: false;
  given?: (user: Person) => Promise<() => Promise<unknown>>;
}[] = [
  { path: "wrong code", cause: "factor.code-wrong", password: (u) => `${u.password},${codeOf(u) === "000000" ? "111111" : "000000"}` },
  { path: "password without a code", cause: "factor.code-malformed", password: (u) => u.password },
  { path: "wrong password, right code", cause: "user.password", password: (u) => `not-it,${codeOf(u)}` },
  { path: "wrong password, no code", cause: "user.password", password: () => "not-it" },
  { path: "not assigned", cause: "app.not-assigned", assigned: false, password: (u) => `${u.password},${codeOf(u)}` },
  {
    path: "suspended",
    cause: "user.suspended",
    password: (u) => `${u.password},${codeOf(u)}`,
    given: async (u) => {
      await machine.org.call("POST", `/api/v1/users/${u.id}/lifecycle/suspend`);
      return async () => {};
    },
  },
  {
    path: "agent stopped",
    cause: "agent.unreachable",
    password: (u) => `${u.password},${codeOf(u)}`,
    given: async () => {
      await machine.stopAgent();
      return () => machine.startAgent();
    },
  },
  {
    path: "org stopped",
    cause: "net.refused",
    password: (u) => `${u.password},${codeOf(u)}`,
    given: async () => {
      await machine.org.stop();
      return () => machine.org.start();
    },
  },
];

for (const [index, { path, cause, password, assigned, given }] of CASES.entries()) {
  test(`${path}: refused, ${cause}`, async () => {
    const user = await machine.addPerson(`rdp${index}`, { assigned: assigned !== false });
    const restore = await given?.(user);
    const attempt = await refused(user, password(user)).finally(() => restore?.());
    assert.equal(machine.why(attempt.reference).cause, cause);
  });
}

test("a code that was used: refused, factor.code-used", async () => {
  const user = await machine.addPerson("again");
  const code = await newCode(user);
  await letIn(user, `${user.password},${code}`);
  const before = machine.attempts().length;
  const failures = () => xrdp.log().split(`AUTHFAIL: user=${user.login} `).length;
  const seen = failures();
  await rdp(user.login, `${user.password},${code}`, () => (failures() > seen ? true : undefined));
  const attempt = machine.attempts().slice(before).at(-1);
  assert.equal(machine.why(attempt?.reference ?? "").cause, "factor.code-used");
});

test("org stopped, fail mode org-unreachable open: let in with a warning, reported when the org is back", async () => {
  await machine.org.setPolicy(machine.app, { rules: [], failModes: { orgUnreachable: "allow" } });
  machine.refresh();
  const user = await machine.addPerson("open");
  await machine.org.stop();
  try {
    await letIn(user, `${user.password},123456`);
  } finally {
    await machine.org.start();
  }
  const attempt = machine
    .attempts()
    .filter(({ username }) => username === "open")
    .at(-1);
  assert.equal(attempt?.cause, "logon.fail-open");
  machine.refresh();
  const logon = await until("the org's record", async () => (await machine.org.records(attempt?.reference ?? ""))[0]);
  assert.equal(logon.cause, "logon.fail-open");
});

for (const mode of ["refuse", "allow"] as const) {
  test(`org answers 503 over its own TLS, fail mode org-error ${mode}`, async () => {
    await machine.org.setPolicy(machine.app, { rules: [], failModes: { orgError: mode } });
    machine.refresh();
    const user = await machine.addPerson(`err${mode}`);
    const restore = await machine.org.replaceByErrors();
    try {
      if (mode === "allow") await letIn(user, `${user.password},123456`);
      else assert.equal((await refused(user, `${user.password},123456`)).cause, "http.server-error");
    } finally {
      await restore();
    }
  });
}

test("agent stopped, fail mode agent-gone open: still refused, since a remote logon never opens for it", async () => {
  await machine.org.setPolicy(machine.app, { rules: [], failModes: { agentGone: "allow" } });
  machine.refresh();
  const user = await machine.addPerson("gone");
  await machine.stopAgent();
  const attempt = await refused(user, `${user.password},123456`).finally(() => machine.startAgent());
  assert.equal(attempt.cause, "agent.unreachable");
});
