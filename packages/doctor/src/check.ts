/** What a check is: a piece of code that confirms or rules out causes, and never changes anything. */
import type { CauseId, Incident, NotLookedAt, Proof, Verdict } from "@sallyport/contracts";

export interface Check<Facts> {
  /** Stable name, such as `okta.settings`. */
  code: string;
  /** What it looks at, as a person reads it: “the org's name in DNS”. */
  title: string;
  /** Codes of checks that must have ended. If one of them confirmed a cause, or could not look, this one has nothing to stand on. */
  dependsOn: readonly string[];
  /** Facts without which it cannot look. */
  needs: readonly (keyof Facts & string)[];
  /** Its own time limit in milliseconds; `Infinity` for reading files of any size. */
  limitMs?: number;
  run(facts: Facts, signal: AbortSignal): Promise<Answer>;
}

/** A cause that a check confirmed or ruled out; title and fix come from the table when the diagnosis is concluded. */
export interface Seen {
  cause: CauseId;
  verdict: Verdict;
  evidence: Proof[];
  /** Kinds of incident that this can be behind; without it, every incident that lists the cause. */
  explains?: readonly string[];
  /** Which causes can be behind it as it was seen; without it, all those that the table names. */
  explainedBy?: readonly CauseId[];
  /** A look at the thing itself: what it rules out is no candidate any more, and what it leaves open nothing else rules out. */
  decides?: boolean;
}

/** `asked`: the person asked for exactly this, so that without it nobody may say *healthy*. */
export interface Missed extends NotLookedAt {
  asked?: boolean;
}

export interface Answer {
  seen: Seen[];
  incidents?: Incident[];
  missed?: Missed[];
  /** What was confirmed by an earlier check and keeps this one, and all that depend on it, from looking; the engine sets it. */
  behind?: CauseId;
}
