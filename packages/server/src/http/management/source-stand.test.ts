/** What a dry run says of the sources that people come from: failing, braked, stale, paused, never read; nothing of those that are well. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DirectoryFault } from "../../flows/directory.ts";
import { openSynced } from "./sync.fixture.ts";

const HOUR = 3_600_000;

test("a source is named while something is wrong with it, with its sentence and since when, and no more when it is well again", async (t) => {
  const { org, directory, sync } = await openSynced(t, { everyMinutes: 60 });
  const stand = async () => {
    const body = { username: "alice", host: "none", service: "sshd" };
    return (await org.call("auditor", "POST", "/api/v1/logons/rehearse", body)).body.sources;
  };
  const first = org.clock.now;
  const iso = (at: number) => new Date(at).toISOString();
  assert.deepEqual(await stand(), [], "it was just set up");
  org.clock.now += 4 * HOUR;
  assert.deepEqual(await stand(), [{ name: "corp", state: "never-read", since: iso(first), error: null, lastSuccess: null }]);
  for (const id of ["a", "b", "c", "d"]) directory.put({ externalId: id, profile: { login: id } });
  const good = (await sync()).ended;
  assert.deepEqual(await stand(), []);
  org.clock.now += 4 * HOUR;
  assert.deepEqual(await stand(), [{ name: "corp", state: "stale", since: good, error: null, lastSuccess: good }]);
  directory.fault = new DirectoryFault("The certificate has expired.", { server: "ldaps://data", error: "CERT_HAS_EXPIRED" });
  const failed = [await sync(), await sync()];
  const error = { cause: "org.directory", sentence: "The certificate has expired." };
  assert.deepEqual(await stand(), [{ name: "corp", state: "failing", since: failed[0].started, error, lastSuccess: good }]);
  directory.fault = undefined;
  for (const id of ["b", "c", "d"]) directory.remove(id);
  const braked = await sync({ full: true });
  const [one] = await stand();
  assert.deepEqual([one.state, one.error.sentence, one.lastSuccess], ["braked", braked.error.sentence, good]);
  const mended = await sync({ full: true, brake: 100 });
  assert.equal(mended.status, "done");
  assert.deepEqual(await stand(), []);
  await org.call("admin", "PUT", "/api/v1/sources/corp", { paused: true });
  assert.deepEqual(await stand(), [{ name: "corp", state: "paused", since: null, error: null, lastSuccess: mended.ended }]);
  await org.call("admin", "POST", "/api/v1/sources", { name: "cloud", kind: "scim" });
  assert.equal((await stand()).length, 1, "what a client pushes says nothing of itself");
});
