/** Each checker of rooms finds what it is there for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  closure,
  importsOf,
  LONGEST,
  native,
  outsideComplaints,
  packageComplaints,
  roomComplaints,
  type Source,
  shapeComplaints,
  staleRows,
} from "./rooms.ts";

const bad = (imports: string[], file = "packages/logon/src/x.ts", text = ""): Source[] => [{ file, text, imports }];

test("the checker of packages finds a room, a path, a package and a rig that are not allowed", () => {
  assert.equal(packageComplaints("logon", bad(["@sallyport/server"]), ["@sallyport/server"], ["contracts"]).length, 1);
  assert.equal(packageComplaints("logon", bad(["../../agent/src/main.ts"]), [], ["contracts"]).length, 1);
  assert.equal(packageComplaints("logon", bad(["left-pad"]), [], []).length, 1);
  assert.equal(packageComplaints("logon", bad(["./zones.fixture.ts"]), [], []).length, 1);
  assert.equal(packageComplaints("logon", bad(["./zones.ts", "node:crypto"]), [], []).length, 0);
});

test("the checkers of rooms and of the folders beside the packages find what is not allowed", () => {
  const base = "packages/server/src";
  const rooms = { flows: { may: ["keys"] }, http: { may: ["flows"] } };
  assert.equal(roomComplaints(bad(["../store/sqlite.ts"], `${base}/flows/x.ts`), rooms, base).length, 1);
  assert.equal(roomComplaints(bad(["../main.ts"], `${base}/http/x.ts`), rooms, base).length, 1);
  assert.equal(roomComplaints(bad(["../flows/x.ts"], `${base}/http/x.ts`), rooms, base).length, 0);
  assert.equal(outsideComplaints(bad(["@sallyport/logon"], "bench/x.ts"), ["contracts"]).length, 1);
  assert.equal(outsideComplaints(bad(["../../packages/logon/src/x.ts"], "e2e/ssh/x.ts"), ["logon"]).length, 1);
  assert.equal(outsideComplaints(bad(["@sallyport/contracts", "../machine/x.ts"], "e2e/ssh/x.ts"), ["contracts"]).length, 0);
  assert.deepEqual(staleRows(new Set(["http → flows"]), { http: { may: ["flows", "store"] } }), ["http → store"]);
});

test("the checker of shapes finds a missing sentence and a long file", () => {
  const lines = (count: number) => `/** One sentence. */\n${"x;\n".repeat(count - 1)}`;
  assert.equal(shapeComplaints(bad([], "packages/logon/src/x.ts", "import a;\n")).length, 1);
  assert.equal(shapeComplaints(bad([], "packages/logon/src/x.ts", lines(LONGEST.product + 1))).length, 1);
  assert.equal(shapeComplaints(bad([], "packages/logon/src/x.test.ts", lines(LONGEST.test + 1))).length, 1);
  assert.equal(shapeComplaints(bad([], "e2e/ssh/x.ts", lines(LONGEST.test))).length, 0);
  assert.equal(shapeComplaints(bad([], "bin/x.js", `#!/usr/bin/env node\n${lines(3)}`)).length, 0);
});

test("what a package brings along is followed through links and nested folders", () => {
  const lock = {
    "packages/agent": { dependencies: { a: "1" } },
    "node_modules/a": { link: true, resolved: "packages/a" },
    "packages/a": { dependencies: { b: "1" } },
    "packages/a/node_modules/b": { optionalDependencies: { c: "1" } },
    "node_modules/c": { os: ["linux"] },
    "node_modules/unrelated": { hasInstallScript: true },
  };
  assert.deepEqual(native(closure(lock, "packages/agent")), ["node_modules/c"]);
});

test("imports are read in every form in which Biome leaves them", () => {
  const text =
    'import { a } from "b";\nconst c = await import("d");\nimport "e";\nexport * from "f";\nimport {\n  g,\n} from "h";\nimport type { I } from "j";';
  assert.deepEqual(importsOf(text), ["b", "d", "e", "f", "h", "j"]);
});
