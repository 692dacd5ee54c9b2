/** The closed table of causes: every refusal, by any part, carries exactly one of these ids. */
import { AGENT } from "./causes/agent.ts";
import type { Cause, CauseRow, CauseRows, CauseStage } from "./causes/cause.ts";
import { FACTOR } from "./causes/factor.ts";
import { IDENTITY } from "./causes/identity.ts";
import { LOGON } from "./causes/logon.ts";
import { NETWORK } from "./causes/network.ts";
import { ORG } from "./causes/org.ts";
import { RIGHT } from "./causes/right.ts";
import { TIME } from "./causes/time.ts";
import { USER } from "./causes/user.ts";

export type { Cause, CauseFix, CauseKind, CauseStage } from "./causes/cause.ts";

const ROWS = { ...IDENTITY, ...TIME, ...USER, ...RIGHT, ...FACTOR, ...LOGON, ...NETWORK, ...ORG, ...AGENT };

export type CauseId = keyof typeof ROWS;

/** Fails to compile when a `dependsOn` names an id that is not in the table. */
ROWS satisfies Readonly<Record<CauseId, CauseRow & { readonly dependsOn?: readonly CauseId[] }>>;

function rowsOf(stage: CauseStage, rows: CauseRows): [string, Cause][] {
  return Object.entries(rows).map(([id, row]) => [id, Object.freeze({ id, stage, ...row }) as Cause]);
}

/** Every cause by its id, in the order in which a logon meets them. */
export const CAUSES: Readonly<Record<CauseId, Cause>> = Object.freeze(
  Object.fromEntries([
    ...rowsOf("identity", IDENTITY),
    ...rowsOf("time", TIME),
    ...rowsOf("user", USER),
    ...rowsOf("right", RIGHT),
    ...rowsOf("factor", FACTOR),
    ...rowsOf("logon", LOGON),
    ...rowsOf("network", NETWORK),
    ...rowsOf("org", ORG),
    ...rowsOf("agent", AGENT),
  ]),
) as Readonly<Record<CauseId, Cause>>;

/** True for an id of the table; an inherited name such as `toString` is none. */
export function isCauseId(text: string): text is CauseId {
  return Object.hasOwn(CAUSES, text);
}

/** The row of an id. */
export function causeOf(id: CauseId): Cause {
  return CAUSES[id];
}
