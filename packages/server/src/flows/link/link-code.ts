/** The code that is typed back at the machine: judged as any typed code, found by a MAC that holds its transaction. */
import { readLinkCode } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import type { AskDeps } from "../authn/asked-factors.ts";
import type { CodeStep, Proof } from "../authn/code-step.ts";
import { tooLate } from "../authn/too-late.ts";
import { takeTry, type WrongCode, writeFailure, wrong } from "../authn/tries.ts";
import type { Tx } from "../store.ts";

/** What is stored of a code: nobody finds it in a table of all codes, and it fits one transaction only. */
export function linkCodeMac(keys: Keys, transactionId: string, code: string): string {
  return Buffer.from(keys.mac("link-code", `${transactionId}\0${code}`)).toString("hex");
}

export async function judgeLinkCode(
  tx: Tx,
  { keys }: AskDeps,
  { transaction, enrolment, usable }: CodeStep,
  passCode: string,
): Promise<{ kind: "right"; proof: Proof } | WrongCode> {
  const code = readLinkCode(passCode);
  if (code === undefined) return wrong("factor.code-malformed", { length: passCode.length, shouldBe: "the code that a link gave out" });
  const taken = await takeTry(tx, enrolment);
  if (taken.kind === "wrong") return taken;
  const failed = async (verdict: WrongCode): Promise<WrongCode> => {
    const locked = await writeFailure(tx, enrolment, taken.failures);
    return { ...verdict, evidence: { ...verdict.evidence, failures: taken.failures }, locked };
  };
  const given = await tx.challenges.bySecret("link", linkCodeMac(keys, transaction.id, code));
  if (!given) return failed(wrong("factor.code-wrong", {}));
  // S4, S9: the first one, in its minute.
  if (!(await tx.challenges.answer(given.id, "used", tx.now))) return failed(tooLate(given));
  // The key that approved may have been locked or removed in this minute.
  const key = usable.find(({ id, status }) => id === given.enrolmentId && status === "ACTIVE");
  if (!key) return failed(wrong("factor.passkey-unknown", { factor: given.enrolmentId }));
  await tx.enrolments.update(enrolment.id, { failures: 0, nextTryAt: 0, updated: tx.now });
  const data = { factor: key.id, kind: key.kind, link: given.data["link"] };
  return { kind: "right", proof: { amr: "link", type: "factor.verified", data } };
}
