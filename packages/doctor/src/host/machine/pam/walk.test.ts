/** The walk through a stack comes to the end that libpam itself came to. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { rootWith } from "../machine.fixture.ts";
import { type Returned, readStacks } from "./stack.ts";
import { walk } from "./walk.ts";

interface Vector {
  stack: string;
  "fuzz-a": string;
  "fuzz-b": string;
  lets: boolean;
}

/** Stacks drawn at random from pam_debug.so lines, and how libpam 1.5.2 of Debian 12 ended them (`pamtester SERVICE root authenticate`). */
const VECTORS = JSON.parse(readFileSync(join(import.meta.dirname, "../../../../vectors/pam/libpam-1.5.2.json"), "utf8")) as Vector[];

test("as libpam: jumps, reset, die and done, in includes and substacks", () => {
  assert.ok(VECTORS.filter(({ lets }) => lets).length >= 50 && VECTORS.filter(({ lets }) => !lets).length >= 50);
  for (const { lets, stack, ...files } of VECTORS) {
    const root = rootWith({ "etc/pam.d/fuzz": stack, "etc/pam.d/fuzz-a": files["fuzz-a"], "etc/pam.d/fuzz-b": files["fuzz-b"] });
    const auth = readStacks(root, "fuzz")?.auth ?? [];
    const ends = walk(auth, (rule, state) => [{ returned: rule.args[0]?.replace("auth=", "") as Returned, state }]);
    assert.deepEqual(
      ends.map((end) => end.lets),
      [lets],
      stack,
    );
  }
});
