/** How the sources that the org reads by itself stand: which of them no longer say what the directory has now, and since when. */
import type { SourceStand } from "@sallyport/contracts";
import type { Tx } from "../store.ts";
import type { RunRow, SourceRow } from "../store-sources.ts";
import { HISTORY } from "./sources.ts";

/** A sync that was left out or took long is no fault yet; the third that did not happen is. */
const MISSED = 3;
/** More sources than anybody has. */
const AT_MOST = 200;

/** Those only with which something is wrong. What a client pushes (SCIM) says nothing of itself, and is not among them. */
export async function ailingSources(tx: Tx): Promise<SourceStand[]> {
  const stands: SourceStand[] = [];
  for (const row of await tx.sources.list({ limit: AT_MOST })) {
    const runs = row.kind === "ldap" ? await tx.sources.runs(row.name, { limit: HISTORY }) : [];
    const stand = row.kind === "ldap" ? standOf(row, runs, tx.now) : undefined;
    if (stand) stands.push({ name: row.name, lastSuccess: iso(runs.find(isDone)?.ended ?? null), ...stand });
  }
  return stands;
}

type Stand = Pick<SourceStand, "state" | "since" | "error">;

/** @param runs newest first. `undefined`: nothing is wrong. */
function standOf({ paused, created, everyMinutes }: SourceRow, runs: readonly RunRow[], now: number): Stand | undefined {
  const ended = runs.filter(({ status }) => status !== "running");
  const [last] = ended;
  if (last && !isDone(last)) {
    const before = ended.findIndex(isDone);
    const first = ended[before < 0 ? ended.length - 1 : before - 1] ?? last;
    return { state: last.status === "braked" ? "braked" : "failing", since: iso(first.started), error: last.error };
  }
  if (paused) return { state: "paused", since: null, error: null };
  if (everyMinutes === null) return undefined;
  const fresh = last?.ended ?? created;
  return now - fresh > MISSED * everyMinutes * 60_000
    ? { state: last ? "stale" : "never-read", since: iso(fresh), error: null }
    : undefined;
}

const isDone = ({ status }: RunRow): boolean => status === "done";

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
