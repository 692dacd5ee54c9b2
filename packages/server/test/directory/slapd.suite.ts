/** Reading a real OpenLDAP server. Not part of `npm test`: `e2e/directory` runs it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { DirectoryRead } from "../../src/flows/directory.ts";
import { Administrator, group, loginsOf, person, read, server, sourceOf } from "./rig.ts";

const ldap = server("ldap");
const PEOPLE = `ou=people,${ldap.base}`;
const source = sourceOf("ldap", ldap, { base: PEOPLE });
let admin: Administrator;
let cursor: unknown;

const one = (uid: string, more: Record<string, string | string[]> = {}) => ({
  objectClass: "inetOrgPerson",
  uid,
  cn: uid,
  sn: uid,
  ...more,
});
async function next(): Promise<DirectoryRead> {
  const found = await read(source, { cursor });
  cursor = JSON.parse(JSON.stringify(found.cursor));
  return found;
}
const dnsOf = (found: DirectoryRead, name: string) => {
  const all = { ...Object.fromEntries(found.present.people), ...Object.fromEntries(found.present.groups) };
  return group(found, name)
    ?.members.map((id) => all[id]?.split(",")[0])
    .sort();
};

before(async () => {
  admin = new Administrator(ldap);
  for (const ou of [PEOPLE, `ou=sales,${PEOPLE}`, `ou=outside,${ldap.base}`]) await admin.add(ou, { objectClass: "organizationalUnit" });
  await admin.add(`uid=ann,ou=sales,${PEOPLE}`, one("ann", { mail: "ann@example.test", givenName: "Ann" }));
  await admin.add(`uid=ben,${PEOPLE}`, one("ben", { employeeType: "left" }));
  await admin.add(`uid=cleo,${PEOPLE}`, {
    ...one("cleo", { objectClass: ["inetOrgPerson", "posixAccount", "shadowAccount"], uidNumber: "2000", gidNumber: "3000" }),
    homeDirectory: "/home/cleo",
    shadowExpire: "20000",
  });
  await admin.add(`cn=nameless,${PEOPLE}`, { objectClass: "inetOrgPerson", cn: "nameless", sn: "n" });
  await admin.add(`cn=names,${PEOPLE}`, {
    objectClass: "groupOfNames",
    cn: "names",
    member: [`UID=Ann, OU=Sales,${PEOPLE}`, `cn=unique,${PEOPLE}`],
  });
  await admin.add(`cn=unique,${PEOPLE}`, { objectClass: "groupOfUniqueNames", cn: "unique", uniqueMember: `uid=ben,${PEOPLE}` });
  await admin.add(`cn=posix,${PEOPLE}`, { objectClass: "posixGroup", cn: "posix", gidNumber: "3000", memberUid: ["ann", "stranger"] });
});
after(() => admin?.close());

test("first read: three ways of naming members, and who cannot be a person is said with the reason", async () => {
  const found = await next();
  assert.deepEqual([found.kind, loginsOf(found)], ["full", ["ann", "ben", "cleo"]]);
  assert.deepEqual(person(found, "ann")?.profile, { login: "ann", email: "ann@example.test", firstName: "Ann", lastName: "ann" });
  assert.match(person(found, "cleo")?.why ?? "", /^expired on 2024-10-04/);
  assert.equal(person(found, "cleo")?.primaryGroup, group(found, "posix")?.externalId);
  assert.deepEqual(
    [dnsOf(found, "names"), dnsOf(found, "unique"), dnsOf(found, "posix")],
    [["cn=unique", "uid=ann"], ["uid=ben"], ["uid=ann"]],
  );
  assert.deepEqual(
    found.unreadable.map(({ dn, why }) => [dn, why]),
    [[`cn=nameless,${PEOPLE}`, "there is no login: the entry has no uid"]],
  );
  assert.equal(found.present.people.size, 4, "an unreadable entry is present all the same");
});

test("who is inactive can be told by an attribute, and a map changes what is read", async () => {
  const marked = sourceOf("ldap", ldap, {
    base: PEOPLE,
    inactive: { attribute: "employeeType", values: ["left"] },
    map: { login: "mail", lastName: "cn" },
  });
  const found = await read(marked, { cursor });
  assert.deepEqual([found.kind, loginsOf(found)], ["full", ["ann@example.test"]], "other settings make a cursor worthless");
  assert.equal(person(await read({ ...marked, settings: { ...marked.settings, map: {} } }), "ben")?.why, "employeeType is left");
});

test("changed, renamed, moved out and in, deleted: each comes once, under the same id", async () => {
  const before = (await next()).present.people;
  const idOf = (uid: string) => [...before].find(([, dn]) => dn.startsWith(`uid=${uid},`))?.[0];
  await admin.set(`uid=ben,${PEOPLE}`, { mail: "ben@example.test" });
  await admin.move(`uid=cleo,${PEOPLE}`, "uid=cleopatra");
  const found = await next();
  assert.equal(found.kind, "changes");
  assert.equal(person(found, "ben")?.profile.email, "ben@example.test");
  assert.equal(person(found, "cleopatra")?.externalId, idOf("cleo"));
  await admin.move(`ou=sales,${PEOPLE}`, `ou=sales,ou=outside,${ldap.base}`);
  const gone = await next();
  assert.equal(gone.present.people.has(idOf("ann") ?? ""), false);
  await admin.move(`ou=sales,ou=outside,${ldap.base}`, `ou=sales,${PEOPLE}`);
  const back = await next();
  assert.deepEqual([back.kind, person(back, "ann")?.externalId], ["full", idOf("ann")]);
  await admin.remove(`uid=ben,${PEOPLE}`);
  const without = await next();
  assert.equal(without.present.people.has(idOf("ben") ?? ""), false);
});

test("a server that was set back to older data is read whole", async () => {
  const found = await next();
  const ahead = { ...(found.cursor as object), changed: Date.now() + 60_000 };
  assert.equal((await read(source, { cursor: ahead })).kind, "full");
});

test("10,500 people come whole, in pages, and the next read brings only what changed", async () => {
  const crowd = sourceOf("ldap", ldap, { base: `ou=crowd,${ldap.base}` });
  const began = performance.now();
  const first = await read(crowd);
  const whole = performance.now() - began;
  assert.deepEqual([first.people.length, first.present.people.size], [10_500, 10_500]);
  const change = async (givenName: string) => {
    for (let index = 0; index < 10; index += 1) await admin.set(`uid=crowd${index},ou=crowd,${ldap.base}`, { givenName });
  };
  await change("Once");
  // They were all loaded in one second, and a second is as fine as a directory counts: they come once more.
  const second = await read(crowd, { cursor: first.cursor });
  await change("Twice");
  const again = performance.now();
  const third = await read(crowd, { cursor: second.cursor });
  process.stdout.write(`# 10,500 people: whole ${whole.toFixed(0)} ms, 10 changes ${(performance.now() - again).toFixed(0)} ms\n`);
  assert.deepEqual([third.kind, third.people.length, third.present.people.size], ["changes", 10, 10_500]);
  assert.ok(third.people.every(({ profile }) => profile.firstName === "Twice"));
});
