/** Diagnoses a logon before it happens, from the org's dry run of it: the same shape as every other answer, and the story beside it. */
import type { ClientAddress, Diagnosis, DoctorFinding, DryRunAnswer } from "@sallyport/contracts";
import { diagnose } from "../diagnose.ts";
import { USER_CHECKS, type UserFacts } from "./checks.ts";
import { tellStory } from "./story.ts";

export interface UserAsked {
  /** As typed, `DOMAIN\name` in one piece. */
  typed: string;
  host: string;
  address?: ClientAddress | undefined;
}

const BRING = {
  machine: "no machine, or not exactly one, is meant",
  user: "the name does not mean exactly one user",
};
/** Reads only what it is given: nothing here waits. */
const LIMIT_MS = 1000;

export async function diagnoseUser({ typed, host, address }: UserAsked, answer: DryRunAnswer): Promise<Diagnosis> {
  const [machine, second] = answer.hosts;
  const facts: Partial<UserFacts> = {
    typed,
    host,
    answer,
    ...(machine && !second ? { machine } : {}),
    ...(answer.user ? { user: answer.user } : {}),
  };
  const { steps: _none, ...found } = await diagnose(USER_CHECKS, { facts, limitMs: LIMIT_MS, bring: BRING });
  const notLookedAt = [...found.notLookedAt, ...(answer.judgement ? NEVER : [])];
  const steps = tellStory({ typed, host, answer, address: addressLine(address) });
  return { ...found, findings: rootFirst(found.findings, answer), notLookedAt, steps };
}

/** What no dry run can look at. */
const NEVER = [
  { what: "the password", why: "it counts as right: a dry run has none" },
  { what: "the account on the machine", why: "`sallyport doctor host` on the machine looks there" },
];

/** What the org would refuse for stands first, whatever else is found; the table's own order does not know which comes first here. */
function rootFirst(findings: DoctorFinding[], { judgement }: DryRunAnswer): DoctorFinding[] {
  const root = findings.find(({ cause, verdict }) => verdict === "confirmed" && cause === judgement?.cause);
  return root ? [root, ...findings.filter((one) => one !== root)] : findings;
}

function addressLine(address: ClientAddress | undefined): string | undefined {
  if (!address) return undefined;
  return address.origin === "claimed" ? `${address.value}, which is only claimed` : address.value;
}
