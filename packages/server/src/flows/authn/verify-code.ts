/** The code step of a transaction: right ends it in SUCCESS, wrong keeps it open, too many wrong end it. Digits are TOTP; what is longer is a long code. */
import { readLongCode } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import type { Store, Tx } from "../store.ts";
import type { HostRow } from "../store-logons.ts";
import { type CodeInput, findStep, keepOut, letIn, type VerifyOutcome } from "./code-step.ts";
import { judgeCode } from "./judge-code.ts";
import type { PasswordCheck } from "./passwords.ts";
import { finishLongCode, takeLongCode } from "./verify-long-code.ts";

/** Runs the first unit of work of a step for whoever drives it: a host by its assertion, a page without any. */
export type Drive = <T>(fn: (tx: Tx, host: HostRow | undefined) => Promise<T>) => Promise<T>;

export async function verifyCode(
  deps: { store: Store; keys: Keys; passwords: PasswordCheck },
  drive: Drive,
  input: CodeInput,
): Promise<VerifyOutcome> {
  const typed = readLongCode(input.passCode);
  if (!typed) return drive((tx, host) => verifyTotp(tx, deps.keys, host, input));
  const waiting = await drive((tx, host) => takeLongCode(tx, host, input, typed));
  if (waiting.kind !== "waiting") return waiting;
  // Between two units of work: the slow hash takes tens of milliseconds and must not hold the database.
  const compared = await deps.passwords.verify(waiting.taken.candidate?.code.hash ?? null, typed.secret);
  return deps.store.inTransaction((tx) => finishLongCode(tx, waiting, compared, input));
}

async function verifyTotp(tx: Tx, keys: Keys, host: HostRow | undefined, input: CodeInput): Promise<VerifyOutcome> {
  const found = await findStep(tx, host, input);
  if (found.kind !== "step") return found;
  const { enrolment } = found;
  const verdict = await judgeCode(tx, keys, enrolment, input.passCode);
  if (verdict.kind === "wrong") return keepOut(tx, found.transaction, enrolment, verdict, input);
  const data = { factor: enrolment.id, kind: enrolment.kind, step: verdict.step, drift: verdict.drift };
  return letIn(tx, found, { amr: "otp", type: "factor.verified", data }, input);
}
