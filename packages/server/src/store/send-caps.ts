/** Stored caps on what is sent to a person: the times of the last five of each kind, so that one statement takes one or none. */
import type { SendCapsStore } from "../flows/store-requests.ts";
import type { Builder } from "./builder.ts";
import { consumeOne } from "./primitives.ts";
import type { Sql } from "./sql.ts";

export function sendCapsStore(sql: Sql, build: Builder): SendCapsStore {
  return {
    take: (userId, kind, now, windowMs) =>
      consumeOne(
        sql,
        build
          .insertInto("send_caps")
          .values({ user_id: userId, kind, at1: now, at2: 0, at3: 0, at4: 0, at5: 0 })
          // The fifth last is the one that must be old enough: it makes room.
          .onConflict((conflict) =>
            conflict
              .columns(["user_id", "kind"])
              .doUpdateSet((eb) => ({
                at1: now,
                at2: eb.ref("send_caps.at1"),
                at3: eb.ref("send_caps.at2"),
                at4: eb.ref("send_caps.at3"),
                at5: eb.ref("send_caps.at4"),
              }))
              .where("send_caps.at5", "<=", now - windowMs),
          )
          .returning("user_id"),
      ),
  };
}
