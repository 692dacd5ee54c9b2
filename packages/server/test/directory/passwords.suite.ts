/** Passwords that a real directory judges: every reason that Samba and OpenLDAP can be brought to. Not part of `npm test`. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ldapDirectory } from "../../src/directory/directory.ts";
import type { DirectorySource, DirectoryVerdict } from "../../src/flows/directory.ts";
import { Administrator, directory, RIG, read, server, signal, sourceOf, unicodePwd } from "./rig.ts";

const corp = server("corp");
const ldap = server("ldap");
const HOME = `OU=Passwords,${corp.base}`;
const source = sourceOf("ad", corp);
const PASSWORD = "Gr8-Passw0rd";
let admin: Administrator;

const check = (of: DirectorySource, id: string, password: string) => directory.check(of, id, password, { signal });
const said = (verdict: DirectoryVerdict) => (verdict.kind === "wrong" ? [verdict.cause, verdict.evidence.adData] : [verdict.kind]);

async function make(sam: string, more: Record<string, string> = {}): Promise<string> {
  await admin.add(`CN=${sam},${HOME}`, {
    objectClass: "user",
    sAMAccountName: sam,
    userAccountControl: "512",
    unicodePwd: unicodePwd(PASSWORD),
    ...more,
  });
  return idOf(source, `CN=${sam},${HOME}`);
}

async function idOf(of: DirectorySource, dn: string): Promise<string> {
  const found = await read({ ...of, settings: { ...of.settings, base: dn, groups: false } });
  return [...found.present.people.keys()][0] ?? assert.fail(`nobody at ${dn}`);
}

before(async () => {
  admin = new Administrator(corp);
  await admin.add(HOME, { objectClass: "organizationalUnit" });
});
after(() => admin?.close());

test("right and wrong", async () => {
  const id = await make("pia");
  assert.deepEqual(said(await check(source, id, PASSWORD)), ["right"]);
  assert.deepEqual(said(await check(source, id, "guessed")), ["user.password", "52e"]);
  assert.deepEqual(said(await check(source, id.toUpperCase(), PASSWORD)), ["right"]);
});

test("the id leads to the entry, also after it was renamed and moved; a name is no id", async () => {
  const id = await make("quin");
  await admin.move(`CN=quin,${HOME}`, `CN=Quin *()\\\\x,CN=Users,${corp.base}`);
  assert.deepEqual(said(await check(source, id, PASSWORD)), ["right"]);
  for (const typed of ["quin", "*", "quin@corp.example.test", "", "*)(sAMAccountName=*"])
    assert.deepEqual(said(await check(source, typed, PASSWORD)), ["user.unknown", undefined], typed);
});

const REASONS: { name: string; change: Record<string, string | Buffer>; expected: [string, string] }[] = [
  { name: "disabled", change: { userAccountControl: "514" }, expected: ["user.account-disabled", "533"] },
  { name: "expired account", change: { accountExpires: "131000000000000000" }, expected: ["user.account-disabled", "701"] },
  { name: "must change the password", change: { pwdLastSet: "0" }, expected: ["user.password-expired", "773"] },
  { name: "outside the hours", change: { logonHours: Buffer.alloc(21) }, expected: ["user.hours", "530"] },
  { name: "other workstations only", change: { userWorkstations: "SOMEWHERE" }, expected: ["user.workstation", "531"] },
];
for (const [index, { name, change, expected }] of REASONS.entries())
  test(`${name}: ${expected.join(" ")}`, async () => {
    const id = await make(`reason${index}`);
    assert.deepEqual(said(await check(source, id, PASSWORD)), ["right"]);
    await admin.set(`CN=reason${index},${HOME}`, change);
    assert.deepEqual(said(await check(source, id, PASSWORD)), expected);
    assert.deepEqual(said(await check(source, id, "guessed")), ["user.password", "52e"], "S16: only who has the password hears more");
  });

test("too old a password: user.password-expired 532", async () => {
  const id = await idOf(source, `CN=stale,CN=Users,${corp.base}`);
  assert.deepEqual(said(await check(source, id, RIG.stale)), ["user.password-expired", "532"]);
  assert.deepEqual(said(await check(source, id, "guessed")), ["user.password", "52e"]);
});

test("locked after too many tries: user.locked 775, also with the right password", async () => {
  const id = await make("sam");
  await admin.set(corp.base, { lockoutThreshold: "3" });
  try {
    for (let index = 0; index < 3; index += 1) await check(source, id, "guessed");
    assert.deepEqual(said(await check(source, id, PASSWORD)), ["user.locked", "775"]);
  } finally {
    await admin.set(corp.base, { lockoutThreshold: "0" });
  }
});

test("OpenLDAP: right, wrong, to be changed, and locked by its password policy", async (t) => {
  const there = sourceOf("ldap", ldap);
  const boss = new Administrator(ldap);
  t.after(() => boss.close());
  const dn = `uid=tess,ou=services,${ldap.base}`;
  await boss.add(dn, { objectClass: "inetOrgPerson", uid: "tess", cn: "tess", sn: "t", userPassword: PASSWORD });
  const id = await idOf(there, dn);
  assert.deepEqual(said(await check(there, id, PASSWORD)), ["right"]);
  await boss.set(dn, { pwdReset: "TRUE" });
  assert.deepEqual(said(await check(there, id, PASSWORD)), ["user.password-expired", undefined]);
  for (let index = 0; index < 3; index += 1) assert.deepEqual(said(await check(there, id, "guessed")), ["user.password", undefined]);
  assert.deepEqual(said(await check(there, id, PASSWORD)), ["user.locked", undefined]);
});

test("too many at once are told so, and nobody is asked for them", async () => {
  const id = await make("ugo");
  const small = ldapDirectory({ checks: 2 });
  const verdicts = await Promise.all(Array.from({ length: 5 }, () => small.check(source, id, PASSWORD, { signal })));
  assert.deepEqual(verdicts.map(({ kind }) => kind).sort(), ["overloaded", "overloaded", "overloaded", "right", "right"]);
  assert.equal((await small.check(source, id, PASSWORD, { signal })).kind, "right");
});
