/** `sallyport doctor checklist` as a person and as a script call it: exit code, one JSON value, a complaint with its place. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CHECKLIST } from "@sallyport/contracts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "sallyport-checklist-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "answers.json");
const checklist = (content: string, ...words: string[]) => {
  writeFileSync(file, content);
  const args = ["--disable-warning=ExperimentalWarning", MAIN, "doctor", "checklist", file, ...words];
  const done = spawnSync(process.execPath, args, { encoding: "utf8" });
  return { code: done.status, out: done.stdout, error: done.stderr };
};
const answers = (answer: string) =>
  JSON.stringify({
    version: 1,
    collectedAt: "2026-05-06T10:00:00Z",
    looks: {},
    steps: [{ id: CHECKLIST[0]?.id, answer, note: "as it was" }],
    facts: { unavailable: "collect.ps1 was not run" },
  });

test("exit code 2 while something is open, 1 once something was not seen", () => {
  const open = checklist(answers("seen"));
  assert.deepEqual([open.code, open.error], [2, ""]);
  assert.match(open.out, /^1 shown, 0 not, \d+ open\n\nSteps\n {2}✓ installed-disarmed: as it was\n/);
  const { code, out } = checklist(answers("not-seen"), "--json");
  assert.equal(code, 1);
  assert.equal(JSON.parse(out).steps[0].verdict, "not-shown");
});

test("a file that is none is a complaint with its place, and exit code 2: nobody could look", () => {
  const { code, out, error } = checklist('{\n  "version": 2\n}');
  assert.deepEqual([code, out], [2, ""]);
  assert.match(error, /^sallyport: answers\.json:1:1: [\s\S]*\nanswers\.json:2:3: version: /);
});
