/** Stored sources of people, and what became of each sync. */
import { Conflict } from "../flows/store.ts";
import type { RunRow, SourceRow, SourcesStore } from "../flows/store-sources.ts";
import type { Builder } from "./builder.ts";
import type { Schema } from "./schema.ts";
import type { Sql } from "./sql.ts";

export function sourcesStore(sql: Sql, build: Builder): SourcesStore {
  return {
    async insert(source) {
      const statement = build
        .insertInto("sources")
        .values({
          ...changeOf(source),
          name: source.name,
          kind: source.kind,
          created: source.created,
          created_by: source.createdBy,
        } as Schema["sources"])
        .onConflict((c) => c.doNothing())
        .returning("name");
      if (!(await sql.first(statement))) throw new Conflict(`the source ${source.name}`);
    },
    async byName(name) {
      const row = await sql.first(build.selectFrom("sources").selectAll().where("name", "=", name));
      return row && fromRow(row);
    },
    async list({ limit, after = "" }) {
      return (await sql.all(build.selectFrom("sources").selectAll().where("name", ">", after).orderBy("name").limit(limit))).map(fromRow);
    },
    async update(name, change) {
      const set = changeOf(change);
      if (Object.keys(set).length > 0) await sql.run(build.updateTable("sources").set(set).where("name", "=", name));
    },
    async remove(name) {
      await sql.run(build.deleteFrom("source_runs").where("source", "=", name));
      await sql.run(build.deleteFrom("sources").where("name", "=", name));
    },
    async due(now) {
      const statement = build.selectFrom("sources").selectAll().where("next_at", "<=", now).where("paused", "=", 0).orderBy("next_at");
      return (await sql.all(statement)).map(fromRow);
    },
    ...runs(sql, build),
  };
}

type Runs = Pick<SourcesStore, "insertRun" | "updateRun" | "runById" | "runs" | "running" | "forgetRuns">;

function runs(sql: Sql, build: Builder): Runs {
  const ofSource = (source: string) =>
    build.selectFrom("source_runs").selectAll().where("source", "=", source).orderBy("started", "desc").orderBy("id", "desc");
  return {
    insertRun: (run) => sql.run(build.insertInto("source_runs").values(runToStored(run))),
    async updateRun(id, { counts, problems, error, ...rest }) {
      const set = {
        ...rest,
        ...(counts === undefined ? {} : { counts: JSON.stringify(counts) }),
        ...(problems === undefined ? {} : { problems: JSON.stringify(problems) }),
        ...(error === undefined ? {} : { error: error === null ? null : JSON.stringify(error) }),
      };
      if (Object.keys(set).length > 0) await sql.run(build.updateTable("source_runs").set(set).where("id", "=", id));
    },
    async runById(id) {
      const row = await sql.first(build.selectFrom("source_runs").selectAll().where("id", "=", id));
      return row && runFromRow(row);
    },
    async runs(source, { limit, after }) {
      let statement = ofSource(source).limit(limit);
      if (after !== undefined) {
        const last = build.selectFrom("source_runs").select("started").where("id", "=", after);
        statement = statement.where((eb) => eb.or([eb("started", "<", last), eb.and([eb("started", "=", last), eb("id", "<", after)])]));
      }
      return (await sql.all(statement)).map(runFromRow);
    },
    async running(source) {
      return (await sql.all(ofSource(source).where("status", "=", "running"))).map(runFromRow);
    },
    async forgetRuns(source, keep) {
      const [oldest] = await sql.all(ofSource(source).offset(keep).limit(1));
      if (!oldest) return;
      const { id, started } = oldest;
      const statement = build.deleteFrom("source_runs").where("source", "=", source).where("status", "<>", "running");
      await sql.run(
        statement.where((eb) => eb.or([eb("started", "<", started), eb.and([eb("started", "=", started), eb("id", "<=", id)])])),
      );
    },
  };
}

function changeOf(change: Parameters<SourcesStore["update"]>[1]): Partial<Schema["sources"]> {
  return {
    ...(change.settings === undefined ? {} : { settings: JSON.stringify(change.settings) }),
    ...(change.sealedSecret === undefined ? {} : { sealed_secret: change.sealedSecret }),
    ...(change.everyMinutes === undefined ? {} : { every_minutes: change.everyMinutes }),
    ...(change.brake === undefined ? {} : { brake: change.brake }),
    ...(change.paused === undefined ? {} : { paused: change.paused ? 1 : 0 }),
    ...(change.cursor === undefined ? {} : { sync_cursor: change.cursor === null ? null : JSON.stringify(change.cursor) }),
    ...(change.nextAt === undefined ? {} : { next_at: change.nextAt }),
  };
}

function fromRow(row: Schema["sources"]): SourceRow {
  return {
    name: row.name,
    kind: row.kind as SourceRow["kind"],
    settings: JSON.parse(row.settings),
    sealedSecret: row.sealed_secret,
    everyMinutes: row.every_minutes,
    brake: row.brake,
    paused: row.paused === 1,
    cursor: row.sync_cursor === null ? null : JSON.parse(row.sync_cursor),
    nextAt: row.next_at,
    created: row.created,
    createdBy: row.created_by,
  };
}

function runToStored({ counts, problems, error, ...rest }: RunRow): Schema["source_runs"] {
  return {
    ...rest,
    counts: JSON.stringify(counts),
    problems: JSON.stringify(problems),
    error: error === null ? null : JSON.stringify(error),
  };
}

function runFromRow({ counts, problems, error, kind, cause, status, ...rest }: Schema["source_runs"]): RunRow {
  return {
    ...rest,
    kind: kind as RunRow["kind"],
    cause: cause as RunRow["cause"],
    status: status as RunRow["status"],
    counts: JSON.parse(counts),
    problems: JSON.parse(problems),
    error: error === null ? null : JSON.parse(error),
  };
}
