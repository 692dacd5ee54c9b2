/** Passwords that a directory keeps: what the host hears, what stands in the record, and that nobody can tell who comes from where. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { type Directory, DirectoryFault, type DirectoryVerdict } from "../src/flows/directory.ts";
import { buildApp } from "../src/http/app.ts";
import { ROUTES } from "../src/http/routes.ts";
import { openLogonOrg } from "./logon-org.ts";
import { sourceRow } from "./store/rows.ts";
import { make, why } from "./test-org.ts";

const { org, host, appId, nextStep } = await openLogonOrg();
after(() => org.close());

const SECRET = "of the account that reads";
const SERVER = "ldaps://dc1.corp.example.test";
const asked: { externalId: string; password: string; bindDn: string; secret: string }[] = [];
/** What the directory will say; a fault is thrown. */
let next: DirectoryVerdict | Error = { kind: "right", server: SERVER };
let slowMs = 0;
const directory: Directory = {
  read: () => assert.fail("nobody reads"),
  look: () => assert.fail("nobody looks"),
  async check({ settings, secret }, externalId, password) {
    await setTimeout(slowMs);
    asked.push({ externalId, password, bindDn: settings.bindDn, secret });
    if (next instanceof Error) throw next;
    return next;
  },
};
const compared: (string | null)[] = [];
const { passwords } = org.deps;
const verify = (hash: string | null, password: string) => {
  compared.push(hash);
  return passwords.verify(hash, password);
};
org.app = buildApp({ ...org.deps, directory, passwords: { ...passwords, verify } }, { admin: false, routes: ROUTES });

await org.deps.store.inTransaction((tx) =>
  tx.sources.insert(
    sourceRow("corp", {
      settings: { kind: "ad", servers: [SERVER], bindDn: "CN=reader,DC=corp", base: "DC=corp" },
      sealedSecret: org.deps.keys.seal(Buffer.from(SECRET), "source:corp"),
      nextAt: null,
    }),
  ),
);
const carol = await make(org, "POST", "/api/v1/users?activate=true", { profile: { login: "carol" }, source: "corp", externalId: "guid-1" });
await make(org, "POST", `/api/v1/users/${carol.id}/factors?activate=true`, { factorType: "token:software:totp", provider: "GOOGLE" });
await make(org, "POST", `/api/v1/apps/${appId}/users`, { id: carol.id });

/** One logon with this many tries; the answers without what differs in each, and the record. */
async function logon(name: string, tries: number) {
  nextStep();
  const request = host.request(name, { password: "none" });
  const { body } = await host.call("/api/v1/authn/logon", request);
  const answers = [];
  for (let at = 0; at < tries; at += 1) {
    const answer = await host.call("/api/v1/authn", { stateToken: body.stateToken, password: "typed" });
    answers.push(JSON.stringify({ status: answer.status, ...answer.body, errorId: "", reference: "", stateToken: "", expiresAt: "" }));
  }
  return { answers, record: tries > 0 ? await why(org, request.reference) : undefined, stateToken: body.stateToken as string };
}

test("a right password goes on to the factor; the directory is asked by id, with the account of the source", async () => {
  asked.length = 0;
  const { answers } = await logon("CAROL", 1);
  assert.match(answers[0] ?? "", /"status":"MFA_REQUIRED"/);
  assert.deepEqual(asked, [{ externalId: "guid-1", password: "typed", bindDn: "CN=reader,DC=corp", secret: SECRET }]);
});

test("S16: wrong, locked, unknown there or out of reach: a stranger sees what they see of a name that nobody has", async () => {
  const nobody = await logon("nobody", 3);
  const fault = new DirectoryFault("it is gone", { server: SERVER, error: "ECONNREFUSED" });
  const unproven = (cause: "user.password" | "user.locked" | "user.unknown", adData: string): DirectoryVerdict => ({
    kind: "wrong",
    cause,
    evidence: { server: SERVER, adData },
  });
  for (const [verdict, cause, evidence] of [
    [unproven("user.password", "52e"), "user.password", { source: "corp", server: SERVER, adData: "52e" }],
    [unproven("user.locked", "775"), "user.locked", { adData: "775" }],
    [unproven("user.unknown", "525"), "user.unknown", { adData: "525" }],
    [fault, "org.directory", { source: "corp", server: SERVER, error: "ECONNREFUSED" }],
    [new Error("never thought of"), "org.directory", { source: "corp" }],
  ] as const) {
    next = verdict;
    // Each of these is a person's first three tries: what the org does after five is for another test.
    await org.deps.store.inTransaction(async (tx) => {
      for (const { id } of await tx.users.byLogin("carol")) await tx.users.setPasswordTries(id, { failures: 0, nextAt: 0 });
    });
    const { answers, record } = await logon("carol", 3);
    assert.deepEqual(answers, nobody.answers, cause);
    assert.deepEqual([record?.result, record?.cause, record?.told ?? record?.cause], ["deny", cause, "user.password"]);
    for (const [name, value] of Object.entries(evidence)) assert.equal(record?.evidence?.[name], value, `${cause} ${name}`);
    assert.ok(!JSON.stringify(record).includes(SECRET));
  }
});

test("S16: beside the directory the hash of nobody is compared, as for a name that nobody has", async () => {
  compared.length = 0;
  await logon("carol", 1);
  await logon("nobody", 1);
  assert.deepEqual(compared, [null, null]);
});

test("S16: whoever is not let in hears of it after as long as the directory took of late, whoever they are", async () => {
  next = { kind: "wrong", cause: "user.password", evidence: { server: SERVER } };
  slowMs = 400;
  await logon("carol", 1);
  slowMs = 0;
  for (const name of ["carol", "alice", "nobody"]) {
    const began = performance.now();
    await logon(name, 1);
    assert.ok(performance.now() - began >= 390, name);
  }
});

test("who has the right password, and may not log on there, is refused at once with the directory's reason", async () => {
  for (const [cause, adData] of [
    ["user.account-disabled", "533"],
    ["user.password-expired", "532"],
    ["user.hours", "530"],
    ["user.workstation", "531"],
  ] as const) {
    next = { kind: "wrong", cause, proven: true, evidence: { server: SERVER, adData } };
    const { answers, record } = await logon("carol", 1);
    assert.match(answers[0] ?? "", /"ended":true/, cause);
    assert.deepEqual(
      [record?.result, record?.cause, record?.told ?? record?.cause, record?.evidence?.["adData"]],
      ["deny", cause, cause, adData],
    );
  }
});

test("whoever gives up after the directory refused them was refused for its reason", async () => {
  next = new DirectoryFault("it is gone", { server: SERVER, error: "ECONNREFUSED" });
  nextStep();
  const request = host.request("carol", { password: "none" });
  const { body } = await host.call("/api/v1/authn/logon", request);
  await host.call("/api/v1/authn", { stateToken: body.stateToken, password: "typed" });
  await host.call("/api/v1/authn/cancel", { stateToken: body.stateToken });
  assert.equal((await why(org, request.reference)).cause, "org.directory");
});

test("primary authentication asks the directory as well, and answers alike for everybody it does not let in", async () => {
  const primary = async (username: string) => {
    const answer = await org.app.inject({ method: "POST", url: "/api/v1/authn", payload: { username, password: "typed" } });
    return { status: answer.statusCode, body: { ...answer.json(), errorId: "", stateToken: "" } };
  };
  next = { kind: "right", server: SERVER };
  assert.equal((await primary("carol")).body.status, "MFA_REQUIRED");
  next = { kind: "wrong", cause: "user.password", evidence: { server: SERVER, adData: "52e" } };
  assert.deepEqual(await primary("carol"), await primary("nobody"));
  next = new DirectoryFault("it is gone", { server: SERVER, error: "ECONNREFUSED" });
  assert.deepEqual(await primary("carol"), await primary("nobody"));
  next = { kind: "overloaded" };
  assert.equal((await primary("carol")).body.errorCode, "S0000004");
});

test("deactivated in the org: that is the reason, whatever the directory says of the password", async () => {
  await make(org, "POST", `/api/v1/users/${carol.id}/lifecycle/deactivate`);
  next = { kind: "wrong", cause: "user.account-disabled", proven: true, evidence: { server: SERVER, adData: "533" } };
  const { record } = await logon("carol", 1);
  assert.deepEqual(
    [record?.cause, record?.told ?? record?.cause, record?.evidence?.["adData"]],
    ["user.deactivated", "user.refused", "533"],
  );
  next = { kind: "right", server: SERVER };
  assert.equal((await logon("carol", 1)).record?.cause, "user.deactivated");
});
