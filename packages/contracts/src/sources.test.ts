/** Settings of a directory source: what is taken, and which complaint names which place. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ldapSettings } from "./sources.ts";

const GOOD = { kind: "ad", servers: ["ldaps://dc1.corp.example.test"], bindDn: "CN=s,DC=corp", base: "DC=corp,DC=example,DC=test" };

/** The complaints, each with its place. */
function complaints(change: Record<string, unknown>): string[] {
  const read = ldapSettings.safeParse({ ...GOOD, ...change });
  return read.success ? [] : read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

test("the shortest settings are whole", () => {
  const { pageSize, timeoutSeconds, startTls, trust, map, groups } = ldapSettings.parse(GOOD);
  assert.deepEqual([pageSize, timeoutSeconds, startTls, trust, map, groups], [500, 10, false, {}, {}, {}]);
});

test("S33, S34: no server is asked in clear, and none that is more than a server", () => {
  assert.match(complaints({ servers: ["ldap://dc1"] }).join(), /^servers\.0: would carry passwords in clear: write ldaps:/);
  assert.deepEqual(complaints({ servers: ["ldap://dc1"], startTls: true }), []);
  assert.deepEqual(complaints({ servers: ["ldaps://[::1]:6636/"] }), []);
  for (const [server, complaint] of [
    ["https://dc1", /must begin with ldaps/],
    ["dc1.corp.example.test", /must begin with ldaps/],
    ["ldaps://", /is not a URL/],
    ["ldaps://admin:secret@dc1", /bindDn/],
    ["ldaps://dc1/DC=corp", /goes into base/],
    ["ldaps://dc1?sub", /goes into base/],
  ] as const)
    assert.match(complaints({ servers: ["ldaps://fine", server] }).join(), new RegExp(`^servers\\.1: .*${complaint.source}`), server);
  assert.match(complaints({ servers: [] }).join(), /at least one/);
  assert.match(complaints({ servers: Array.from({ length: 9 }, (_, at) => `ldaps://dc${at}`) }).join(), /at most 8/);
});

test("a CA or a pin, each of its shape", () => {
  const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  assert.deepEqual(complaints({ trust: { ca: pem } }), []);
  assert.deepEqual(complaints({ trust: { pin: "a".repeat(64) } }), []);
  assert.match(complaints({ trust: { ca: "dc1.pem" } }).join(), /^trust\.ca: must hold a certificate/);
  assert.match(complaints({ trust: { pin: "AB:CD" } }).join(), /^trust\.pin: must be a SHA-256/);
  assert.match(complaints({ trust: { ca: pem, pin: "a".repeat(64) } }).join(), /^trust: takes a CA or a pin/);
});

test("names, filters and attributes of the wrong shape are complained of in their place", () => {
  assert.match(complaints({ base: "corp.example.test" }).join(), /^base: must be a distinguished name/);
  for (const peopleFilter of ["objectClass=user", "(&(uid=a)", "(uid=a)(uid=b)", "(uid=a))", "()", ""])
    assert.match(complaints({ peopleFilter }).join(), /^peopleFilter: must be one LDAP filter/, peopleFilter);
  assert.deepEqual(complaints({ peopleFilter: "(&(uid=\\28a\\29)(!(cn=b)))" }), []);
  assert.match(complaints({ map: { login: "mail)(uid=*" } }).join(), /^map\.login: must be the name of an attribute/);
  assert.match(complaints({ map: { shoeSize: "x" } }).join(), /^map: .*shoeSize/);
  assert.match(complaints({ secret: "x" }).join(), /secret/);
  assert.match(complaints({ idAttribute: "nsUniqueId" }).join(), /^idAttribute: goes with kind ldap only/);
  assert.deepEqual(complaints({ kind: "ldap", idAttribute: "nsUniqueId" }), []);
});
