/** What a restore, or a database that went back in time, ends: whole tables, since nobody knows which of their rows it concerns. */
import { sql as raw } from "kysely";
import type { RestoreStore } from "../flows/store-keys.ts";
import type { Builder } from "./builder.ts";
import type { Sql } from "./sql.ts";

export function restoreStore(sql: Sql, build: Builder): RestoreStore {
  const count = async (statement: Parameters<Sql["all"]>[0]) => (await sql.all(statement)).length;
  const succeeded = build.updateTable("transactions").where("status", "=", "SUCCESS");
  const fetched = (now: number) => succeeded.where((eb) => eb.or([eb("expires", ">", now), eb("session_until", ">", now)]));
  const codes = build.updateTable("host_codes").where("used_at", "is", null);
  return {
    endSucceeded: (now) => count(fetched(now).set({ expires: now, session_until: null }).returning("id")),
    endCodes: (now) => count(codes.set({ used_at: now }).where("expires", ">", now).returning("id")),
    endLinks: () => count(build.deleteFrom("links").returning("hash")),
    endRecoveryCodes: (now) =>
      count(build.updateTable("recovery_codes").set({ used_at: now }).where("used_at", "is", null).returning("selector")),
    endBypassCodes: (now) =>
      count(
        build
          .updateTable("bypass_codes")
          .set({ revoked_at: now })
          .where("used_at", "is", null)
          .where("revoked_at", "is", null)
          .where("expires", ">", now)
          .returning("id"),
      ),
    endTokens: (now) => count(build.updateTable("tokens").set({ revoked: now }).where("revoked", "is", null).returning("id")),
    endChallenges: (now) =>
      count(
        build
          .updateTable("challenges")
          .set({ answered_at: now, answer: "superseded" })
          .where("answered_at", "is", null)
          .where("expires", ">", now)
          .returning("id"),
      ),
    endTickets: (now) =>
      count(
        build
          .updateTable("tickets")
          .set({ revoked_at: now })
          .where("used_at", "is", null)
          .where("revoked_at", "is", null)
          .where("expires", ">", now)
          .returning("id"),
      ),
    endSessions: (now) =>
      count(
        build.updateTable("sessions").set({ revoked_at: now }).where("revoked_at", "is", null).where("expires", ">", now).returning("id"),
      ),
    endOutbox: (now) =>
      count(
        build
          .updateTable("outbox")
          .set({ done_at: now, sealed: "", error: "not sent: the database went back in time" })
          .where("done_at", "is", null)
          .where("expires", ">", now)
          .returning("id"),
      ),
    endRegistrations: () =>
      count(
        build
          .updateTable("clients")
          .set((eb) => ({ cap: eb.ref("registered") }))
          .where((eb) => eb("registered", "<", eb.ref("cap")))
          .returning("id"),
      ),
    refuseSteps(now, ahead) {
      const through = raw<number>`cast(${Math.floor(now / 1000)} as bigint) / period + cast(${ahead} as bigint)`;
      return count(build.updateTable("enrolments").set({ refused_through: through }).returning("id"));
    },
    forgetGenerations(now) {
      const set = { generation: "", previous_generation: null, check_id: null, not_before: now };
      return count(build.updateTable("hosts").set(set).returning("id"));
    },
    raisePolicies: (by) =>
      count(
        build
          .updateTable("apps")
          .set((eb) => ({ policy_version: eb("policy_version", "+", by) }))
          .returning("id"),
      ),
  };
}
