/** Pages as a server may give them, but seldom does: nobody may get lost between them. Not part of `npm test`. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { DirectoryFault } from "../../src/flows/directory.ts";
import { loginsOf, RIG, read, server, sourceOf } from "./rig.ts";
import { answers, pageControl, type Said, ScriptedServer } from "./scripted-server.ts";

const ldap = server("ldap");
const BIND = 0x60;
const person = (uid: string) =>
  answers.entry(`uid=${uid},${ldap.base}`, { entryUUID: `id-${uid}`, uid, modifyTimestamp: "20260101000000Z" });

/** A server whose search for people goes through these pages, each time anew. */
async function paged(t: TestContext, pages: Said[]) {
  let at = 0;
  const scripted = new ScriptedServer(RIG.certificate, (tag, request) => {
    if (tag === BIND) return { operations: [answers.bound()] };
    if (request.includes("organizationalUnit")) return { operations: [answers.done()], controls: pageControl("") };
    if (!request.includes("inetOrgPerson"))
      return { operations: [answers.entry(ldap.base, { objectClass: "organization" }), answers.done()] };
    const page = pages[at % pages.length];
    at += 1;
    return page ?? assert.fail("no page");
  });
  t.after(() => scripted.close());
  const port = await scripted.listen("127.0.0.3");
  return { scripted, source: sourceOf("ldap", ldap, { servers: [`ldaps://ldap.example.test:${port}`], groups: false }) };
}

test("a page without entries in the middle is not the end: half a directory would look as if the others had left", async (t) => {
  const { source } = await paged(t, [
    { operations: [person("ann"), answers.done()], controls: pageControl("one") },
    { operations: [answers.done()], controls: pageControl("two") },
    { operations: [person("ben"), answers.done()], controls: pageControl("") },
  ]);
  const found = await read(source);
  assert.deepEqual([loginsOf(found), found.present.people.size], [["ann", "ben"], 2]);
});

test("an answer without a word on further pages is no whole answer", async (t) => {
  const { source } = await paged(t, [{ operations: [person("ann"), answers.done()] }]);
  await assert.rejects(read(source), (fault: DirectoryFault) => /cannot be read/.test(fault.sentence));
});

test("S33: references to other servers are left where they are", async (t) => {
  const { scripted: other, source: there } = await paged(t, []);
  const reference = answers.reference(`${there.settings.servers[0]}/${ldap.base}`);
  const { source } = await paged(t, [{ operations: [person("ann"), reference, answers.done()], controls: pageControl("") }]);
  assert.deepEqual(loginsOf(await read(source)), ["ann"]);
  assert.equal(other.connections, 0);
});

test("S30: a message that never ends is cut off", async (t) => {
  const endless = Buffer.concat([Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]), Buffer.alloc(10 * 1024 * 1024)]);
  const scripted = new ScriptedServer(RIG.certificate, (tag) => ({
    operations: [tag === BIND ? answers.bound() : endless],
    raw: tag !== BIND,
  }));
  t.after(() => scripted.close());
  const port = await scripted.listen("127.0.0.3");
  const source = sourceOf("ldap", ldap, { servers: [`ldaps://ldap.example.test:${port}`] });
  await assert.rejects(read(source), (fault: DirectoryFault) => /broke the connection off/.test(fault.sentence));
});
