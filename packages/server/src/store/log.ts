/** The stored system log: appended to by the chain, read by reference, time or position. */
import type { LogEvent } from "@sallyport/contracts";
import type { ChainEnd } from "../audit/chain.ts";
import type { LogStore } from "../flows/store-logons.ts";
import type { Builder } from "./builder.ts";
import type { Sql } from "./sql.ts";

export function logStore(sql: Sql, build: Builder, chain: ChainEnd, now: number): LogStore {
  const events = () => build.selectFrom("events").select("event");
  const read = (rows: { event: string }[]) => rows.map((row) => JSON.parse(row.event) as LogEvent);
  return {
    async append(event) {
      const joined = chain.join(event, now);
      const row = {
        node: joined.node,
        seq: joined.seq,
        id: joined.id,
        published: now,
        type: joined.type,
        cause: joined.cause ?? null,
        reference: joined.reference ?? null,
        actor_id: joined.actor.id,
        host: joined.host ?? null,
        event: JSON.stringify(joined),
      };
      await sql.run(build.insertInto("events").values(row as never));
      return joined;
    },
    head: async () => chain.head,
    async last(node) {
      const place = build.selectFrom("events").select("event").where("node", "=", node).orderBy("seq", "desc").limit(1);
      const [event] = read(await sql.all(place));
      return event && { node, seq: event.seq, hash: event.hash };
    },
    async at(node, seq) {
      return read(await sql.all(events().where("node", "=", node).where("seq", "=", seq)))[0];
    },
    async chain(node, afterSeq, limit) {
      return read(await sql.all(events().where("node", "=", node).where("seq", ">", afterSeq).orderBy("seq").limit(limit)));
    },
    nodes: async () => (await sql.all(build.selectFrom("events").select("node").distinct().orderBy("node"))).map((row) => row.node),
    async list({ since, until, type, cause, reference, actor, descending, limit, after }) {
      let statement = events()
        .orderBy("position", descending ? "desc" : "asc")
        .limit(limit);
      if (since !== undefined) statement = statement.where("published", ">=", since);
      if (until !== undefined) statement = statement.where("published", "<", until);
      if (type !== undefined) statement = statement.where("type", "=", type);
      if (cause !== undefined) statement = statement.where("cause", "=", cause);
      if (reference !== undefined) statement = statement.where("reference", "=", reference);
      if (actor !== undefined) statement = statement.where("actor_id", "=", actor);
      if (after !== undefined) {
        statement = statement.where(
          "position",
          descending ? "<" : ">",
          build.selectFrom("events").select("position").where("id", "=", after),
        );
      }
      return read(await sql.all(statement));
    },
  };
}
