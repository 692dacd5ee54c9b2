/** The stored system log: appended to by the chain, read by reference, time or position. */
import type { LogEvent } from "@sallyport/contracts";
import type { Compilable } from "kysely";
import type { ChainEnd } from "../audit/chain.ts";
import type { CheckpointRow, LogStore } from "../flows/store-logons.ts";
import type { Builder } from "./builder.ts";
import { compiledOnce } from "./compiled-once.ts";
import { consumeOne } from "./primitives.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

function checkpointStore(sql: Sql, build: Builder) {
  const rows = () => build.selectFrom("checkpoints").selectAll();
  const read = (row: Schema["checkpoints"]): CheckpointRow => ({ ...row, heads: JSON.parse(row.heads) });
  const newest = async (statement: Compilable<Schema["checkpoints"]>) => {
    const row = await sql.first(statement);
    return row && read(row);
  };
  return {
    lastCheckpoint: () => newest(rows().orderBy("number", "desc").limit(1)),
    checkpointBefore: (at: number) => newest(rows().where("at", "<", at).orderBy("at", "desc").orderBy("number", "desc").limit(1)),
    checkpoints: async (after: number, limit: number) =>
      (await sql.all(rows().where("number", ">", after).orderBy("number").limit(limit))).map(read),
    insertCheckpoint: ({ heads, ...row }: CheckpointRow) =>
      consumeOne(
        sql,
        build
          .insertInto("checkpoints")
          .values({ ...row, heads: JSON.stringify(heads) })
          .onConflict((c) => c.doNothing())
          .returning("number"),
      ),
  };
}

type Joined = Omit<Schema["events"], "position">;

const insertEvent = compiledOnce((build, row: Joined) =>
  build.insertInto("events").values({
    node: row.node,
    seq: row.seq,
    id: row.id,
    published: row.published,
    type: row.type,
    cause: row.cause,
    reference: row.reference,
    actor_id: row.actor_id,
    host: row.host,
    event: row.event,
  } as never),
);

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
      await sql.run(insertEvent(build, row));
      return joined;
    },
    head: async () => chain.head,
    first: async (node) =>
      (await sql.first(build.selectFrom("events").select("seq").where("node", "=", node).orderBy("seq").limit(1)))?.seq,
    remove: (node, through) => sql.run(build.deleteFrom("events").where("node", "=", node).where("seq", "<=", through)),
    async last(node) {
      const place = build.selectFrom("events").select("event").where("node", "=", node).orderBy("seq", "desc").limit(1);
      const [event] = read(await sql.all(place));
      return event && { node, seq: event.seq, hash: event.hash };
    },
    async at(node, seq) {
      return read(await sql.all(events().where("node", "=", node).where("seq", "=", seq)))[0];
    },
    async chain(node, afterSeq, limit, { until, type } = {}) {
      let statement = events().where("node", "=", node).where("seq", ">", afterSeq).orderBy("seq").limit(limit);
      if (until !== undefined) statement = statement.where("published", "<", until);
      if (type !== undefined) statement = statement.where("type", "=", type);
      return read(await sql.all(statement));
    },
    async firstSince(node, since) {
      const own = build.selectFrom("events").select(["seq", "published"]).where("node", "=", node);
      // A chain that nobody writes any more would be looked for in all that came after it.
      const last = await sql.first(own.orderBy("seq", "desc").limit(1));
      if (!last || last.published < since) return undefined;
      return (await sql.first(own.where("published", ">=", since).orderBy("published").orderBy("seq").limit(1)))?.seq;
    },
    async nodes() {
      const nodes: string[] = [];
      // One look into the index for each node: DISTINCT would walk all of it.
      for (let after = ""; ; ) {
        const next = build.selectFrom("events").select("node").where("node", ">", after).orderBy("node").limit(1);
        const row = await sql.first(next);
        if (!row) return nodes;
        nodes.push(row.node);
        after = row.node;
      }
    },
    ...checkpointStore(sql, build),
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
