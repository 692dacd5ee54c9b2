/** What the build makes: few bytes, names by contents, nothing of another origin; and who notices that it is old. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { upToDate } from "../../../scripts/pages.js";
import { buildPages } from "../build.ts";
import type { Manifest } from "../src/index.ts";

const KB = 1024;
/** Of script, compressed: what somebody with a bad connection waits for. */
const MOST = 100 * KB;

async function built(t: TestContext): Promise<{ out: string; manifest: Manifest }> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-build-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const out = join(folder, "dist");
  return { out, manifest: await buildPages(out) };
}

test("the first load of each page is at most 100 KB of compressed script", async (t) => {
  const { out, manifest } = await built(t);
  assert.ok(manifest.pages.portal, "the portal is built");
  for (const [page, { script }] of Object.entries(manifest.pages)) {
    const bytes = gzipSync(readFileSync(join(out, "assets", script))).length;
    t.diagnostic(`${page}: ${(bytes / KB).toFixed(1)} KB`);
    assert.ok(bytes <= MOST, `${page}: ${bytes} bytes`);
  }
});

test("the same sources give the same names", async (t) => {
  assert.deepEqual((await built(t)).manifest, (await built(t)).manifest);
});

test("pages are old as soon as one file that went in is another, or one is not there", async (t) => {
  const { out, manifest } = await built(t);
  const root = mkdtempSync(join(tmpdir(), "sallyport-stale-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const project = join(import.meta.dirname, "../../..");
  assert.equal(upToDate(root), false, "nothing is built");
  cpSync(join(project, "packages/web"), join(root, "packages/web"), {
    recursive: true,
    filter: (name) => !/\/(dist|node_modules)$/.test(name),
  });
  cpSync(join(project, "packages/contracts"), join(root, "packages/contracts"), { recursive: true });
  cpSync(out, join(root, "packages/web/dist"), { recursive: true });
  symlinkSync(join(project, "node_modules"), join(root, "node_modules"));
  assert.equal(upToDate(root), true);
  const input = Object.keys(manifest.inputs).find((file) => file.startsWith("packages/web/src/portal/")) ?? "";
  const text = readFileSync(join(root, input), "utf8");
  writeFileSync(join(root, input), `${text}\n`);
  assert.equal(upToDate(root), false);
  writeFileSync(join(root, input), text);
  assert.equal(upToDate(root), true);
  rmSync(join(root, input));
  assert.equal(upToDate(root), false);
});
