/** A process that seals every secret anew, and is killed at a chosen moment: in the middle of a unit, right after its commit, or beside the files. */
import { join } from "node:path";
import { beginReseal, finishReseal } from "../src/flows/management/reseal.ts";
import type { Store } from "../src/flows/store.ts";
import { type Keys, openKeys } from "../src/keys/keys.ts";
import { openSqlite } from "../src/store/sqlite.ts";

const [folder = "", moment = "0"] = process.argv.slice(2);
let left = Number(moment);

/** Counts down the moments at which a machine may lose its power; at zero there is none (0 from the start: never). */
function maybeDie(): void {
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
}

const plain = await openSqlite({ file: join(folder, "org.db"), now: () => Date.now() });
const store: Store = {
  ...plain,
  async inTransaction(fn) {
    const answer = await plain.inTransaction(async (tx) => {
      const done = await fn(tx);
      maybeDie();
      return done;
    });
    maybeDie();
    return answer;
  },
};
const real = await openKeys(plain, join(folder, "sealing.key"));
const keys: Keys = {
  ...real,
  prepareSealingKey(from) {
    const id = real.prepareSealingKey(from);
    maybeDie();
    return id;
  },
  moveSealingKey() {
    maybeDie();
    real.moveSealingKey();
    maybeDie();
  },
};
const caller = { role: "owner", actor: { type: "local", id: "test" } } as const;
// A start after a kill goes on with what was begun, and begins nothing that is done.
const rotated = await plain.read((tx) => tx.log.list({ limit: 1, type: "key.sealing-rotated" }));
if (rotated.length === 0) await beginReseal({ store, keys }, caller, undefined);
await finishReseal({ store, keys });
await plain.close();
