/** What a directory can do to the org, and that each is said so that somebody can put it right. Not part of `npm test`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ldapDirectory } from "../../src/directory/directory.ts";
import { DirectoryFault, type DirectorySource } from "../../src/flows/directory.ts";
import { RIG, read, server, signal, sourceOf, Wire } from "./rig.ts";

const ldap = server("ldap");
const corp = server("corp");
const PAGES = { base: ldap.base, pageSize: 100 };
const SECRET = "a secret that nobody may read";

/** The fault's sentence. The secret must be nowhere in it. */
async function fault(source: DirectorySource): Promise<string> {
  const thrown = await read(source).then(
    () => assert.fail("it was read"),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof DirectoryFault, String(thrown));
  assert.equal(thrown.causeId, "org.directory");
  for (const secret of [source.secret, SECRET])
    assert.ok(!JSON.stringify([thrown.message, thrown.evidence, thrown.stack]).includes(secret));
  assert.ok(thrown.evidence.server.startsWith("ldap"), thrown.evidence.server);
  return thrown.sentence;
}

test("the account's password is wrong, at OpenLDAP and at Active Directory", async () => {
  for (const source of [sourceOf("ldap", ldap), sourceOf("ad", corp)])
    assert.match(await fault({ ...source, secret: SECRET }), /refuses the source's account: its name or its password is wrong/);
});

test("an expired certificate, one that is not trusted, one for another name", async () => {
  assert.match(await fault(sourceOf("ldap", ldap, { servers: [RIG.expired] })), /certificate that has expired/);
  assert.match(await fault(sourceOf("ldap", ldap, { trust: {} })), /authority that the source does not trust/);
  assert.match(await fault(sourceOf("ldap", ldap, { servers: ["ldaps://127.0.0.3"] })), /certificate for other names/);
});

test("a pin takes the server, or the authority that it shows; another key, date or name does not pass", async () => {
  const pinned = sourceOf("ldap", ldap, { trust: { pin: RIG.spki } });
  assert.ok((await read(pinned)).people.length > 0);
  assert.match(await fault(sourceOf("ldap", ldap, { trust: { pin: "0".repeat(64) } })), /no certificate with the key of the source's pin/);
  assert.match(await fault(sourceOf("ldap", ldap, { trust: { pin: RIG.spki }, servers: ["ldaps://127.0.0.3"] })), /for other names/);
  assert.match(await fault(sourceOf("ldap", ldap, { trust: { pin: RIG.expiredSpki }, servers: [RIG.expired] })), /has expired/);
});

test("StartTLS: the same server, the same checks", async () => {
  const url = ldap.url.replace("ldaps:", "ldap:");
  const started = sourceOf("ldap", ldap, { servers: [url], startTls: true });
  assert.ok((await read(started)).people.length > 0);
  assert.match(await fault(sourceOf("ldap", ldap, { servers: ["ldap://127.0.0.3"], startTls: true })), /for other names/);
  assert.match(await fault({ ...started, settings: { ...started.settings, startTls: false } }), /speaks no TLS/);
});

test("nobody there, a name that nobody knows, a port that speaks something else, a base that is not there", async () => {
  assert.match(await fault(sourceOf("ldap", ldap, { servers: ["ldaps://127.0.0.9"] })), /refuses the connection/);
  assert.match(
    await fault(sourceOf("ldap", ldap, { servers: ["ldaps://nobody.invalid"] })),
    /name that (nobody knows|could not be looked up)/,
  );
  assert.match(
    await fault(sourceOf("ldap", ldap, { servers: ["ldaps://ldap.example.test:389"] })),
    /broke the connection off|speaks no TLS/,
  );
  assert.match(await fault(sourceOf("ldap", ldap, { base: `ou=nowhere,${ldap.base}` })), /no entry at the base/);
  assert.match(await fault(sourceOf("ad", corp, { base: "DC=other,DC=test" })), /no entry at the base|another server/);
  assert.match(await fault(sourceOf("ldap", ldap, { peopleFilter: "(uid)" })), /peopleFilter is no LDAP filter/);
});

test("an account without rights, and one that is given too few entries", async () => {
  const weak = { ...ldap, reader: { dn: `cn=weak,ou=services,${ldap.base}`, password: "weak" } };
  assert.match(await fault(sourceOf("ldap", weak)), /no entry at the base of the source, or hides it/);
  const short = { ...ldap, reader: { dn: `cn=short,ou=services,${ldap.base}`, password: "short" } };
  assert.match(await fault(sourceOf("ldap", short)), /fewer entries than there are/);
});

test("the first server is dead: the second answers, and is asked first for a while", async () => {
  const source = sourceOf("ldap", ldap, { servers: ["ldaps://127.0.0.9", ldap.url] });
  assert.equal((await read(source)).server, ldap.url);
  const both = sourceOf("ldap", ldap, { servers: ["ldaps://127.0.0.9", "ldaps://nobody.invalid"] });
  assert.match(await fault(both), /None of the 2 servers .*127\.0\.0\.9 refuses.*nobody\.invalid has a name/s);
});

test("a server that dies in the middle: the next one is read from its beginning; alone, it is a fault and nothing is left open", async (t) => {
  const wire = await Wire.to("ldaps://127.0.0.3", "127.0.0.3");
  t.after(() => wire.close());
  const through = wire.url(ldap.url);
  const seen: number[] = [];
  const onProgress = ({ people }: { people: number }) => {
    seen.push(people);
    if (people > 1000) wire.cut();
  };
  const two = await read(sourceOf("ldap", ldap, { ...PAGES, servers: [through, ldap.url] }), { onProgress });
  assert.deepEqual([two.server, two.people.length >= 10_500], [ldap.url, true]);
  assert.ok(
    seen.some((people, index) => people < (seen[index - 1] ?? 0)),
    "it did not begin anew",
  );
  const alone = read(sourceOf("ldap", ldap, { ...PAGES, servers: [through] }), { onProgress });
  await assert.rejects(alone, (error: DirectoryFault) => /broke the connection off before it had answered/.test(error.sentence));
  await wire.drained();
});

test("a server that falls silent is given up after its time, and an aborted read ends at once", async (t) => {
  const wire = await Wire.to("ldaps://127.0.0.3", "127.0.0.3");
  t.after(() => wire.close());
  const source = sourceOf("ldap", ldap, { ...PAGES, servers: [wire.url(ldap.url)], timeoutSeconds: 1 });
  wire.silent = true;
  assert.match(await fault(source), /did not answer in time/);
  wire.silent = false;
  const onProgress = ({ people }: { people: number }) => {
    wire.silent = people > 1000;
  };
  const silenced = read(source, { onProgress });
  await assert.rejects(silenced, (error: DirectoryFault) => /did not answer in time/.test(error.sentence));
  await wire.drained();
  wire.silent = false;
  const stop = new AbortController();
  const reading = read(source, { signal: stop.signal, onProgress: () => stop.abort(new Error("the org stops")) });
  await assert.rejects(reading, /the org stops/);
  await wire.drained();
});

test("S33: an empty password asks nobody, also where a server would say yes", async () => {
  const dead = sourceOf("ldap", ldap, { servers: ["ldaps://127.0.0.9"] });
  for (const password of ["", "\0", "right\0"]) {
    const verdict = await ldapDirectory().check(dead, "any", password, { signal });
    assert.deepEqual([verdict.kind, verdict.kind === "wrong" && verdict.cause], ["wrong", "user.password"]);
  }
  await assert.rejects(ldapDirectory().check(dead, "any", "something", { signal }), DirectoryFault);
});
