/** Reading two real Active Directory domains. Not part of `npm test`: `e2e/directory` runs it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { DirectoryRead } from "../../src/flows/directory.ts";
import { Administrator, directory, group, loginsOf, person, read, server, signal, sourceOf } from "./rig.ts";

const corp = server("corp");
const beta = server("beta");
const STAFF = `OU=Staff,${corp.base}`;
const source = sourceOf("ad", corp, { base: STAFF });
let admin: Administrator;
let cursor: unknown;

const user = (sam: string, more: Record<string, string> = {}) => ({
  objectClass: "user",
  sAMAccountName: sam,
  userPrincipalName: `${sam}@corp.example.test`,
  userAccountControl: "544",
  ...more,
});
const members = (found: DirectoryRead, name: string) => {
  const all = { ...Object.fromEntries(found.present.people), ...Object.fromEntries(found.present.groups) };
  return group(found, name)
    ?.members.map((id) => all[id]?.split(/(?<!\\),/)[0])
    .sort();
};
/** The next read, from where the last one ended. */
async function next(): Promise<DirectoryRead> {
  const found = await read(source, { cursor });
  cursor = JSON.parse(JSON.stringify(found.cursor));
  return found;
}

before(async () => {
  admin = new Administrator(corp);
  for (const ou of [STAFF, `OU=Sales,${STAFF}`, `OU=Elsewhere,${corp.base}`]) await admin.add(ou, { objectClass: "organizationalUnit" });
  await admin.add(`CN=Carol Ćwik\\, Dr.,OU=Sales,${STAFF}`, user("carol", { mail: "carol@example.test", givenName: "Carol", sn: "Ćwik" }));
  await admin.add(`CN=dave,${STAFF}`, user("dave"));
  await admin.add(`CN=erin,OU=Elsewhere,${corp.base}`, user("erin"));
  const { userPrincipalName: _, ...frank } = user("frank");
  await admin.add(`CN=frank,${STAFF}`, frank);
  await admin.add(`CN=inner,${STAFF}`, {
    objectClass: "group",
    sAMAccountName: "inner",
    member: [`CN=Carol Ćwik\\, Dr.,OU=Sales,${STAFF}`],
  });
  await admin.add(`CN=outer,${STAFF}`, {
    objectClass: "group",
    sAMAccountName: "outer",
    description: "holds another",
    member: [`CN=inner,${STAFF}`, `CN=dave,${STAFF}`, `CN=erin,OU=Elsewhere,${corp.base}`],
  });
  await admin.set(`CN=inner,${STAFF}`, { member: `CN=outer,${STAFF}` }, "add");
});
after(() => admin?.close());

test("first read: everybody under the base with every name, groups in groups, the domain's own names", async () => {
  const found = await next();
  assert.equal(found.kind, "full");
  assert.deepEqual(loginsOf(found), ["carol@corp.example.test", "dave@corp.example.test", "frank@corp.example.test"]);
  const carol = person(found, "carol@corp.example.test");
  const { sid, ...profile } = carol?.profile ?? {};
  assert.match(String(sid), /^S-1-5-21-\d+-\d+-\d+-\d+$/);
  assert.match(String(carol?.externalId), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.deepEqual(profile, {
    login: "carol@corp.example.test",
    email: "carol@example.test",
    firstName: "Carol",
    lastName: "Ćwik",
    samAccountName: "carol",
    domain: "CORP",
    userPrincipalName: "carol@corp.example.test",
  });
  assert.equal(person(found, "frank@corp.example.test")?.profile.userPrincipalName, null);
  assert.deepEqual(members(found, "outer"), ["CN=dave", "CN=inner"]);
  assert.deepEqual(members(found, "inner"), ["CN=Carol Ćwik\\, Dr.", "CN=outer"]);
  assert.equal(group(found, "outer")?.description, "holds another");
  assert.deepEqual(found.domain, { netbios: "CORP", dns: ["corp.example.test"], upnSuffixes: [] });
  assert.deepEqual([found.server, found.unreadable], [corp.url, []]);
});

test("the primary group is named where it is read", async () => {
  const found = await read(sourceOf("ad", corp));
  const users = group(found, "Domain Users");
  assert.equal(person(found, "carol@corp.example.test")?.primaryGroup, users?.externalId);
  assert.deepEqual(users?.members, []);
});

test("nothing changed: nobody comes, everybody is present", async () => {
  const found = await next();
  assert.deepEqual([found.kind, found.people, found.groups], ["changes", [], []]);
  assert.deepEqual([found.present.people.size, found.present.groups.size], [3, 2]);
});

test("disabled and renamed: the same ids under the new state and name", async () => {
  const before = new Map([...(await read(source)).present.people].map(([id, dn]) => [dn, id]));
  await admin.set(`CN=dave,${STAFF}`, { userAccountControl: "546" });
  await admin.move(`CN=frank,${STAFF}`, "CN=franklin");
  await admin.set(`CN=franklin,${STAFF}`, { sAMAccountName: "franklin" });
  const found = await next();
  assert.equal(found.kind, "changes");
  assert.deepEqual(loginsOf(found), ["dave@corp.example.test", "franklin@corp.example.test"]);
  const dave = person(found, "dave@corp.example.test");
  assert.deepEqual([dave?.active, dave?.why], [false, "disabled in the directory"]);
  assert.equal(person(found, "franklin@corp.example.test")?.externalId, before.get(`CN=frank,${STAFF}`));
});

test("an OU that moves takes everybody along; what moves in from outside comes with its old groups", async () => {
  await admin.move(`OU=Sales,${STAFF}`, `OU=Sales,OU=Elsewhere,${corp.base}`);
  const without = await next();
  assert.deepEqual([...without.present.people.values()].sort(), [`CN=dave,${STAFF}`, `CN=franklin,${STAFF}`]);
  await admin.move(`OU=Sales,OU=Elsewhere,${corp.base}`, `OU=Sales,${STAFF}`);
  const back = await next();
  assert.equal(back.kind, "full");
  assert.ok(person(back, "carol@corp.example.test"));
  assert.deepEqual(members(back, "inner"), ["CN=Carol Ćwik\\, Dr.", "CN=outer"]);
  await admin.move(`CN=erin,OU=Elsewhere,${corp.base}`, `CN=erin,${STAFF}`);
  const found = await next();
  assert.deepEqual([found.kind, loginsOf(found)], ["changes", ["erin@corp.example.test"]]);
  assert.deepEqual(members(found, "outer"), ["CN=dave", "CN=erin", "CN=inner"]);
});

test("deleted: gone from those who are present; a member taken out: the group comes again", async () => {
  await admin.remove(`CN=erin,${STAFF}`);
  await admin.set(`CN=outer,${STAFF}`, { member: `CN=dave,${STAFF}` }, "delete");
  const found = await next();
  assert.equal(found.kind, "changes");
  assert.deepEqual(
    [...found.present.people.values()].filter((dn) => dn.includes("erin")),
    [],
  );
  assert.deepEqual(members(found, "outer"), ["CN=inner"]);
});

test("one name in two domains: two people with two ids, told apart by their domain", async (t) => {
  const other = new Administrator(beta);
  t.after(() => other.close());
  const dn = `CN=carol,CN=Users,${beta.base}`;
  await other.add(dn, { ...user("carol"), userPrincipalName: "carol@beta.example.test" });
  const found = await read(sourceOf("ad", beta));
  const [one, two] = [person(await read(source), "carol@corp.example.test"), person(found, "carol@beta.example.test")];
  assert.equal(one?.profile.samAccountName, two?.profile.samAccountName);
  assert.deepEqual([one?.profile.domain, two?.profile.domain], ["CORP", "BETA"]);
  assert.notEqual(one?.externalId, two?.externalId);
  assert.equal((await read(sourceOf("ad", beta), { cursor })).kind, "full", "a cursor of another domain is worth nothing");
});

test("1,000 people come whole, in pages smaller than their number", async () => {
  const found = await read(sourceOf("ad", corp, { base: `OU=Crowd,${corp.base}`, pageSize: 64 }));
  assert.equal(found.people.length, 1000);
  assert.equal(new Set(found.people.map(({ externalId }) => externalId)).size, 1000);
  assert.equal(group(found, "crowd")?.members.length, 1000);
});

test("a look: the first few, and nothing more", async () => {
  const found = await directory.look(sourceOf("ad", corp), { limit: 3, signal });
  assert.deepEqual([found.people.length, found.groups.length, found.domain?.netbios], [3, 3, "CORP"]);
});
