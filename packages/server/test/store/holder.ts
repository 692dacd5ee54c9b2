/** A process that holds a database and writes until it is killed: one line for each unit that was answered. */
import { openSqlite } from "../../src/store/sqlite.ts";
import { addUser } from "./rows.ts";

const store = await openSqlite({ file: process.argv[2] ?? "", now: Date.now });
for (let count = 0; ; count++) {
  await store.inTransaction((tx) => addUser(tx, `user${count}`));
  process.stdout.write(`${count}\n`);
}
