/** How a token is asked for: for the management API or for a directory, and never for both. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import type { TokenView } from "@sallyport/contracts";
import { OrgProcess } from "./org-process.fixture.ts";

const MAIN = join(import.meta.dirname, "main.ts");

test("a token is for a role or for a SCIM source: neither and both are one clear sentence", () => {
  for (const more of [[], ["--role", "admin", "--scim", "corp"]]) {
    const words = ["token", "add", "x", ...more];
    const done = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...words], { encoding: "utf8" });
    assert.equal(done.status, 1);
    assert.match(done.stderr, /--role ROLE for the management API, or --scim SOURCE/);
  }
});

test("a token for SCIM is made for a SCIM source that there is, and says where the directory writes", async (t) => {
  const org = new OrgProcess(t);
  await org.start();
  const early = org.say("token", "add", "entra", "--scim", "corp");
  assert.equal(early.code, 1);
  assert.match(early.err, /there is no SCIM source corp; make it first: sallyport source add corp --kind scim/);
  assert.match(org.say("source", "add", "corp", "--kind", "scim").out, /sallyport token create NAME --scim corp/);
  assert.match(org.say("token", "add", "entra", "--scim", "corp").out, /^spt_\S+\n.*\nThe directory writes to http\S+\/scim\/v2$/m);
  const [made] = org.json<TokenView[]>("token", "list");
  assert.deepEqual([made?.source, made?.token], ["corp", undefined]);
});
