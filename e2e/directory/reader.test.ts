/** The server's own suites for directories, of `packages/server/test/directory`, against real Samba domains and a real OpenLDAP. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { runSuite } from "./suites.ts";
import { Directories } from "./world.ts";

let world: Directories;

before(async () => {
  world = await Directories.start({ crowd: true });
});
after(() => world?.stop());

for (const [name, least] of [
  ["active-directory", 9],
  ["slapd", 5],
  ["faults", 10],
  ["passwords", 11],
  ["paging", 4],
] as const)
  test(`${name} holds`, async () => {
    const { passed, said } = await runSuite(`${name}.suite.ts`, world.rig());
    assert.ok(passed >= least, said);
    process.stdout.write(`${name}: ${passed} tests\n`);
  });
