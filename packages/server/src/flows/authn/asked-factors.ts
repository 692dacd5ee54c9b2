/** The factors that are asked for before they answer: push, passkey, mailed and spoken codes. Each kind is one file of `asked/`. */
import type { CauseId, EnrolledKind } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import type { Tx } from "../store.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { ChallengeRow } from "../store-requests.ts";
import { passkeyFactor } from "./asked/passkey.ts";
import { pushFactor } from "./asked/push.ts";
import { callFactor, emailFactor, smsFactor } from "./asked/sent-code.ts";
import type { CodeStep, Proof } from "./code-step.ts";
import type { WrongCode } from "./tries.ts";

export interface AskDeps {
  keys: Keys;
  /** The org's URL: its host is the relying party, its origin what a phone signs for. */
  orgUrl: string;
}

/** How an open challenge stands when its driver asks again. */
export type Stand =
  | { kind: "waiting" }
  | { kind: "right"; proof: Proof }
  /** The other ways stay open. Whether it counts as a failure was decided, and written, when the answer came. */
  | { kind: "no"; result: "REJECTED" | "TIMEOUT"; cause: CauseId; evidence: Record<string, unknown> };

/** All within one unit of work: no waiting, nothing sent but through `tx.outbox`. */
export interface AskedFactor {
  /** Makes the challenge and stores it, or says why this factor cannot be asked now (capped, stopped, no way to deliver). */
  ask(tx: Tx, deps: AskDeps, step: CodeStep): Promise<ChallengeRow | WrongCode>;
  /** Absent where a second call without a proof means *ask anew* (a code), and not *how does it stand* (a push). */
  look?(tx: Tx, step: CodeStep, challenge: ChallengeRow): Promise<Stand>;
  /** Absent where no code is typed. The try is taken first (S1). */
  judgeCode?(tx: Tx, deps: AskDeps, step: CodeStep, passCode: string): Promise<{ kind: "right"; proof: Proof } | WrongCode>;
}

/** Kinds that answer at once, by a code that the person has already, are not in it. */
export const ASKED: Partial<Record<EnrolledKind, AskedFactor>> = {
  passkey: passkeyFactor,
  push: pushFactor,
  email: emailFactor,
  sms: smsFactor,
  call: callFactor,
};

/** What a challenge shows to whoever drives the transaction: `_embedded.challenge` of its factor. */
export function shownOf(enrolment: EnrolmentRow, challenge: ChallengeRow): Record<string, unknown> | undefined {
  if (enrolment.kind === "passkey") return challenge.data["publicKey"] as Record<string, unknown>;
  if (enrolment.kind === "push") return { correctAnswer: challenge.data["number"] };
  return undefined;
}
