/** S7: two nodes that seal an empty org at the same moment, in the order that a race seldom takes. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Store } from "../src/flows/store.ts";
import { openKeys } from "../src/keys/keys.ts";
import { openSqlite } from "../src/store/sqlite.ts";

const OTHER = "0123456789abcdef";

test("S7: a node that another outruns between its look and its own key file is told so, and leaves no key behind", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-first-"));
  const plain = await openSqlite({ file: join(folder, "org.db"), now: Date.now });
  t.after(async () => {
    await plain.close();
    rmSync(folder, { recursive: true });
  });
  let looked = false;
  /** The other node claims right after this one has seen that nobody has. */
  const store: Store = {
    ...plain,
    async read(fn) {
      const value = await plain.read(fn);
      if (!looked) {
        looked = true;
        await plain.inTransaction((tx) => tx.secrets.claimMeta("sealing-key-id", OTHER));
      }
      return value;
    },
  };
  const file = join(folder, "sealing.key");
  await assert.rejects(openKeys(store, file), new RegExp(`another node has just sealed the database with key ${OTHER}: copy its key file`));
  assert.equal(existsSync(file), false);
});
