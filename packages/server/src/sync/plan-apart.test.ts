/** Tests of the planning process: what it asks is answered, and however it ends, only its own sync fails. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { ldapSettings } from "@sallyport/contracts";
import { DirectoryFault } from "../flows/directory.ts";
import type { SyncJob } from "../flows/management/plan-sync.ts";
import type { Questions } from "../flows/management/sync-questions.ts";
import { planApart } from "./plan-apart.ts";

const settings = ldapSettings.parse({
  kind: "ldap",
  servers: ["ldaps://127.0.0.1:1"],
  bindDn: "cn=reader,dc=example,dc=test",
  base: "dc=example,dc=test",
});
const JOB: SyncJob = { source: "corp", directory: { settings, secret: "x" }, cursor: undefined, brake: 10, now: 0 };
const nothing = async () => [];
const ask = { users: nothing, groups: nothing } as unknown as Questions;
const options = (signal = new AbortController().signal) => ({ signal, onProgress: () => {} });

/** A process whose text is this instead of ours. */
function programOf(t: TestContext, text: string): URL {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-planner-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "planner.mjs");
  writeFileSync(file, `const say = (said) => process.send(said);\n${text}`);
  return pathToFileURL(file);
}

test("the real process speaks to a directory, and its fault arrives as one", async () => {
  await assert.rejects(planApart()(JOB, ask, options()), (error) => {
    assert.ok(error instanceof DirectoryFault);
    assert.match(error.sentence, /refuses the connection/);
    assert.deepEqual(error.evidence, { server: "ldaps://127.0.0.1:1", error: "ECONNREFUSED" });
    return true;
  });
});

for (const [how, text, message] of [
  ["throws", 'setTimeout(() => { throw new Error("out of order"); }, 10);', /ended by exit code 1: .*out of order/],
  ["exits", "process.exit(3);", /ended by exit code 3$/],
  ["is killed", 'process.kill(process.pid, "SIGKILL");', /ended by SIGKILL$/],
  [
    "uses up its memory",
    "const all = []; for (;;) all.push(new Array(1e5).fill(0).map(() => ({})));",
    /ended by SIG\w+: .*heap out of memory/,
  ],
  ["is no program", "][", /ended by exit code 1: SyntaxError/],
] as const)
  test(`a process that ${how} fails its sync, and nothing else`, async (t) => {
    await assert.rejects(planApart(programOf(t, text), 64)(JOB, ask, options()), message);
  });

test("a stop ends the process at once, with the reason of the stop", async (t) => {
  const stop = new AbortController();
  const planning = planApart(programOf(t, "setInterval(() => {}, 1000);"))(JOB, ask, options(stop.signal));
  stop.abort(new Error("the server is stopping"));
  await assert.rejects(planning, /the server is stopping/);
});

test("what the process asks is answered from the store, a failing answer too; parts come one after the other, and not after its end", async (t) => {
  const text = `
    const answers = [];
    process.on("message", (told) => {
      if (told.tell === "part") return say({ say: "part", id: told.id, items: ["a", "b", "c"].slice(told.at, told.at + 2) });
      if (told.tell === "job") return;
      answers.push(told);
      if (answers.length === 2) say({ say: "planned", head: { counts: {}, problems: answers.map((one) => JSON.stringify(one)) } });
    });
    say({ say: "question", id: 1, ask: "members", args: ["grp", "usr"] });
    say({ say: "question", id: 2, ask: "uses", args: [] });`;
  const asked = {
    members: async (...args: unknown[]) => args,
    uses: async () => {
      throw new Error("no database");
    },
  } as unknown as Questions;
  const planned = await planApart(programOf(t, text))(JOB, asked, options());
  assert.deepEqual(planned.head.problems.sort(), [
    '{"tell":"answer","id":1,"value":["grp","usr"]}',
    '{"tell":"no-answer","id":2,"message":"no database"}',
  ]);
  const parts: unknown[] = [];
  for await (const part of planned.parts("people")) parts.push(part);
  assert.deepEqual(parts, [["a", "b"], ["c"]]);
  await planned.close();
  await assert.rejects(async () => {
    for await (const _ of planned.parts("groups")) assert.fail();
  }, /was ended/);
});
