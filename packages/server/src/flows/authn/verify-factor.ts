/** One step with a factor, by what it brings: nothing asks for it, digits are a code, what is longer is a long code, a signature is a passkey's. */
import { type PasskeyAssertion, readLongCode } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import type { Store, Tx } from "../store.ts";
import type { HostRow } from "../store-logons.ts";
import { askFactor } from "./ask-factor.ts";
import { ASKED, type AskDeps } from "./asked-factors.ts";
import { type CodeInput, type CodeStep, findStep, keepOut, letIn, type Proof, type VerifyOutcome } from "./code-step.ts";
import { judgeCode } from "./judge-code.ts";
import type { PasswordCheck } from "./passwords.ts";
import type { WrongCode } from "./tries.ts";
import { finishLongCode, takeLongCode } from "./verify-long-code.ts";
import { verifyPasskey } from "./verify-passkey.ts";

/** Runs the first unit of work of a step for whoever drives it: a host by its assertion, a page without any. */
export type Drive = <T>(fn: (tx: Tx, host: HostRow | undefined) => Promise<T>) => Promise<T>;

export async function verifyFactor(
  deps: { store: Store; keys: Keys; passwords: PasswordCheck; orgUrl: string },
  drive: Drive,
  input: CodeInput & { assertion?: PasskeyAssertion | undefined },
): Promise<VerifyOutcome> {
  if (input.assertion) return verifyPasskey(deps, drive, input, input.assertion);
  if (input.passCode === "") return drive((tx, host) => askFactor(tx, deps, host, input));
  const typed = readLongCode(input.passCode);
  if (!typed) return drive((tx, host) => verifyTyped(tx, deps, host, input));
  const waiting = await drive((tx, host) => takeLongCode(tx, host, input, typed));
  if (waiting.kind !== "waiting") return waiting;
  // Between two units of work: the slow hash takes tens of milliseconds and must not hold the database.
  const compared = await deps.passwords.verify(waiting.taken.candidate?.code.hash ?? null, typed.secret);
  return deps.store.inTransaction((tx) => finishLongCode(tx, waiting, compared, input));
}

async function verifyTyped(tx: Tx, deps: AskDeps, host: HostRow | undefined, input: CodeInput): Promise<VerifyOutcome> {
  const found = await findStep(tx, host, input);
  if (found.kind !== "step") return found;
  const verdict = await judgeTyped(tx, deps, found, input.passCode);
  if (verdict.kind === "wrong") return keepOut(tx, found.transaction, found.enrolment, verdict, input);
  return letIn(tx, found, verdict.proof, input);
}

async function judgeTyped(tx: Tx, deps: AskDeps, found: CodeStep, passCode: string): Promise<{ kind: "right"; proof: Proof } | WrongCode> {
  const { enrolment } = found;
  const asked = ASKED[enrolment.kind];
  if (asked?.judgeCode) return asked.judgeCode(tx, deps, found, passCode);
  const verdict = await judgeCode(tx, deps.keys, enrolment, passCode);
  if (verdict.kind === "wrong") return verdict;
  const data = { factor: enrolment.id, kind: enrolment.kind, step: verdict.step, drift: verdict.drift };
  return { kind: "right", proof: { amr: "otp", type: "factor.verified", data } };
}
