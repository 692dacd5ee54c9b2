/** Hands a typed code to the org: only what is shaped like one, and as the one input that it is. */
import { readLongCode, type TransactionView } from "@sallyport/contracts";
import { deny } from "../attempt.ts";
import type { Answer } from "../link/answer.ts";
import { random128 } from "../link/assertion.ts";
import type { Next, Refused, Scene } from "./scene.ts";

/** Marks a refusal that this agent made itself. */
const NO_ERROR = { errorCode: "", errorSummary: "", errorLink: "", errorId: "", errorCauses: [] };

export interface TypedFactor {
  id: string;
  /** True for what its code can look like. */
  isCode(code: string): boolean;
  /** How many digits, where it is known. */
  digits?: number | undefined;
}

/** What is not shaped like a code never leaves the machine: it may be a password typed into the wrong field. */
export async function tryCode(scene: Scene, factor: TypedFactor, code: string): Promise<Answer<TransactionView>> {
  // A long code is let through whether there is one or not (S16); a provider that cannot ask hands over digits only.
  const long = !scene.serial && readLongCode(code) !== undefined;
  if (!long && !factor.isCode(code)) return malformed(scene, code.length, factor.digits);
  const input = { stateToken: scene.token(), passCode: code, inputId: random128() };
  return scene.race(scene.host.org.verify(factor.id, input));
}

/** Of exactly so many digits. */
export function digitsOf(digits: number | undefined): (code: string) => boolean {
  return (code) => /^[0-9]+$/.test(code) && code.length === digits;
}

export function malformed(scene: Scene, length: number, digits?: number): Refused {
  const evidence = { length, ...(digits === undefined ? {} : { expectedLength: digits }), service: scene.begin.service };
  return { kind: "refused", status: 400, cause: "factor.code-malformed", evidence, error: NO_ERROR };
}

/** As `tryCode`; `again` is set if the person may type another one. */
export function afterTry(scene: Scene, answer: Answer<TransactionView>, again: string | undefined): Next | "again" {
  scene.again = again;
  if (again === undefined || answer.kind !== "refused") return { answer };
  scene.tries -= 1;
  return scene.tries <= 0 || answer.evidence["ended"] === true ? endOfTries(scene, answer) : "again";
}

/** The person has no further try here; the org hears so, unless it ended the transaction itself. */
export function endOfTries(scene: Scene, answer: Refused): Next {
  if (answer.evidence["ended"] !== true) scene.giveUp(answer.cause);
  return { outcome: deny({ cause: answer.cause, evidence: answer.evidence }, answer.error !== NO_ERROR) };
}
