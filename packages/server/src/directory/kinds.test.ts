/** How entries of each kind of directory become people, and what a cursor is worth. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ldapSettings } from "@sallyport/contracts";
import { activeDirectory } from "./active-directory.ts";
import { fileTime, guidBytes } from "./binary.ts";
import { cursorOf, serverOf, sinceOf } from "./cursor.ts";
import { Entry, Unreadable } from "./entry.ts";
import type { Ground } from "./kind.ts";
import { plainLdap } from "./plain-ldap.ts";
import { Roll } from "./roll.ts";

const SERVER = "ldaps://dc1.corp.example.test";
const settings = (more: Record<string, unknown> = {}) =>
  ldapSettings.parse({ kind: "ad", servers: [SERVER], bindDn: "CN=s,DC=corp", base: "DC=corp", ...more });
const GROUND: Ground = {
  identity: "CN=NTDS Settings,CN=DC1 0000",
  usn: 4000n,
  now: Date.UTC(2026, 10, 25),
  domain: { netbios: "CORP", dns: ["corp.example.test"], upnSuffixes: [] },
};
const GUID = "01234567-89ab-cdef-0123-456789abcdef";
const SID = Buffer.from("010500000000000515000000010000000200000003000000" + "4f040000", "hex");
const carol = {
  dn: "CN=Carol,DC=corp",
  objectGUID: guidBytes(GUID) as Buffer,
  objectSid: SID,
  userAccountControl: "512",
  accountExpires: "0",
  sAMAccountName: "carol",
  userPrincipalName: "carol@corp.example.test",
  givenName: "Carol",
  primaryGroupID: "513",
};
const ofAd = (change: Record<string, string>, more = {}) =>
  activeDirectory(settings(more)).person(new Entry({ ...carol, ...change }), GUID, GROUND);

test("somebody of Active Directory: every name they have, and no field of anybody else's", () => {
  assert.deepEqual(ofAd({}), {
    active: true,
    primaryKey: "S-1-5-21-1-2-3-513",
    profile: {
      login: "carol@corp.example.test",
      email: null,
      firstName: "Carol",
      lastName: null,
      samAccountName: "carol",
      domain: "CORP",
      userPrincipalName: "carol@corp.example.test",
      sid: "S-1-5-21-1-2-3-1103",
    },
  });
});

test("without a UPN the login is the account's name at the domain, and a map goes first", () => {
  const { userPrincipalName: _, ...without } = carol;
  const entry = new Entry(without);
  assert.equal(activeDirectory(settings()).person(entry, GUID, GROUND).profile.login, "carol@corp.example.test");
  const mapped = ofAd({ mail: "c@mail.example", division: "EU" }, { map: { login: "mail", domain: "division" } });
  assert.deepEqual([mapped.profile.login, mapped.profile.domain], ["c@mail.example", "EU"]);
});

test("disabled, expired, expiring later", () => {
  const now = GROUND.now;
  assert.deepEqual([ofAd({ userAccountControl: "514" })].map(({ active, why }) => [active, why])[0], [false, "disabled in the directory"]);
  assert.equal(ofAd({ accountExpires: `${fileTime(now - 1000)}` }).why, "expired on 2026-11-24");
  assert.equal(ofAd({ accountExpires: `${fileTime(now + 1000)}` }).active, true);
});

test("of whom it cannot be told whether they are disabled, nothing is made", () => {
  const { userAccountControl: _, ...hidden } = carol;
  const kind = activeDirectory(settings());
  assert.throws(() => kind.person(new Entry(hidden), GUID, GROUND), /userAccountControl/);
  assert.throws(() => kind.person(new Entry({ ...hidden, userAccountControl: [] }), GUID, GROUND), Unreadable);
});

test("a value that no profile takes is named with its field and attribute", () => {
  assert.throws(() => ofAd({ givenName: "x".repeat(129) }), /^Error: firstName \(givenName\): /);
  const bare = { dn: "uid=,dc=x", entryUUID: GUID };
  assert.throws(
    () => plainLdap(settings({ kind: "ldap" })).person(new Entry(bare), GUID, GROUND),
    /there is no login: the entry has no uid/,
  );
});

test("other servers: who is locked for good, shut off, expired or marked as the source says is not active", () => {
  const why = (change: Record<string, string>) =>
    plainLdap(settings({ kind: "ldap", inactive: { attribute: "employeeType", values: ["left"] } })).person(
      new Entry({ dn: "uid=a", uid: "a", ...change }),
      GUID,
      GROUND,
    ).why;
  assert.equal(why({}), undefined);
  assert.match(why({ pwdAccountLockedTime: "000001010000Z" }) ?? "", /until further notice/);
  assert.equal(why({ pwdAccountLockedTime: "20261125000000Z" }), undefined);
  assert.match(why({ nsAccountLock: "TRUE" }) ?? "", /disabled/);
  assert.match(why({ shadowExpire: "20000" }) ?? "", /expired on 2024-10-04/);
  assert.equal(why({ shadowExpire: "-1" }), undefined);
  assert.equal(why({ shadowExpire: "30000" }), undefined);
  assert.equal(why({ employeeType: "left" }), "employeeType is left");
});

test("S33: an id goes into a filter escaped, and what can be no id asks for nobody", () => {
  const bytes = String(activeDirectory(settings()).idFilter(GUID));
  assert.equal(bytes, "(objectGUID=\\67\\45\\23\\01\\ab\\89\\ef\\cd\\01\\23\\45\\67\\89\\ab\\cd\\ef)");
  assert.equal(activeDirectory(settings()).idFilter("*"), undefined);
  assert.equal(String(plainLdap(settings({ kind: "ldap" })).idFilter("*)(uid=*")), "(entryUUID=\\2a\\29\\28uid=\\2a)");
});

test("a cursor is worth something at the same server, for the same settings, and as long as counts go up", () => {
  const before = settings();
  const cursor = JSON.parse(JSON.stringify(cursorOf({ server: SERVER, settings: before, ground: GROUND, rooms: "r" }, undefined)));
  assert.deepEqual(sinceOf(cursor, settings({ pageSize: 100 }), GROUND), { at: GROUND.now, rooms: "r", usn: "4000" });
  assert.equal(serverOf(cursor), SERVER);
  assert.equal(sinceOf(cursor, before, { ...GROUND, identity: "CN=NTDS Settings,CN=DC2 0000" }), undefined);
  assert.equal(sinceOf(cursor, before, { ...GROUND, usn: 3999n }), undefined);
  assert.equal(sinceOf(cursor, settings({ base: "OU=a,DC=corp" }), GROUND), undefined);
  assert.equal(sinceOf(cursor, settings({ map: { login: "mail" } }), GROUND), undefined);
  for (const other of [undefined, null, "x", {}, { ...cursor, version: 2 }]) assert.equal(sinceOf(other, before, GROUND), undefined);
});

test("changes are asked for from the next count on, and who expired meanwhile with them", () => {
  const since = { usn: "4000", at: GROUND.now - 1000, rooms: "r" };
  const filter = activeDirectory(settings()).changedSince(since, GROUND.now);
  assert.equal(filter, `(|(uSNChanged>=4001)(&(accountExpires>=${fileTime(since.at)})(accountExpires<=${fileTime(GROUND.now)})))`);
  const kind = plainLdap(settings({ kind: "ldap" }));
  const day = Math.floor(GROUND.now / 86_400_000);
  const asked = kind.changedSince({ at: GROUND.now - 86_400_000, rooms: "r", changed: GROUND.now }, GROUND.now);
  assert.equal(asked, `(|(modifyTimestamp>=20261124235958Z)(shadowExpire=${day - 1})(shadowExpire=${day}))`);
  assert.equal(kind.changedSince({ at: 0, rooms: "r", changed: 0 }, GROUND.now), undefined);
});

test("members are found by dn in any spelling, by uid, and by primary group; strangers are left out", () => {
  const kind = plainLdap(settings({ kind: "ldap" }));
  const roll = new Roll(kind);
  roll.add("people", new Entry({ dn: "uid=ann,ou=p,dc=x", entryUUID: "ID-1", uid: "ann", modifyTimestamp: "20261125000000Z" }));
  roll.add("groups", new Entry({ dn: "cn=g,dc=x", entryUUID: "id-2", gidNumber: "100" }));
  const names = ["UID=Ann, OU=p,DC=X", "uid=gone,dc=x", "cn=g,dc=x"];
  assert.deepEqual(
    roll.members([
      { names, dn: true },
      { names: ["ann", "nobody"], dn: false },
    ]),
    ["id-1", "id-2"],
  );
  assert.equal(roll.groupOf("100"), "id-2");
  assert.equal(roll.groupOf("101"), undefined);
  assert.equal(roll.newest, GROUND.now);
  assert.throws(() => roll.add("people", new Entry({ dn: "uid=b" })), Unreadable);
});
