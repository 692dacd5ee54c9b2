/** What every row of the closed cause table states. */
import type { CauseId } from "../causes.ts";

/** Where on a logon's way the cause sits, in the order in which a logon meets them. */
export type CauseStage = "identity" | "time" | "user" | "right" | "factor" | "logon" | "network" | "org" | "agent";

/** `refusal`: the logon does not happen. `warning`: it happens, and is recorded. `finding`: a check saw it; no logon ends by it alone. */
export type CauseKind = "refusal" | "warning" | "finding";

/** What puts it right: a command, a setting or a place in the console. `any` holds everywhere, the others only there. */
export interface CauseFix {
  readonly any?: string;
  readonly linux?: string;
  readonly windows?: string;
}

/** One row as the stage files write it; id and stage come from where it stands. */
export interface CauseRow {
  readonly kind: CauseKind;
  readonly title: string;
  /** What the person logging on reads: no internals (S16). The caller appends the reference. */
  readonly person: string;
  /** What the administrator reads. */
  readonly administrator: string;
  /** Names of the evidence fields that prove it. */
  readonly evidence: readonly string[];
  /** Who can put it right. */
  readonly who: "person" | "administrator" | "network" | "vendor";
  readonly fix: CauseFix;
  /** Causes that explain this one away when they are present too; checked against the table in `causes.ts`. */
  readonly dependsOn?: readonly string[];
  /** What the other product shows, or lists as the reason, in this case. */
  readonly okta?: string;
}

export type CauseRows = Readonly<Record<string, CauseRow>>;

export interface Cause extends CauseRow {
  readonly id: CauseId;
  readonly stage: CauseStage;
  readonly dependsOn?: readonly CauseId[];
}
