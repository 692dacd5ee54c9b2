/** Judges what the doctor found on a machine that is to be armed: what would refuse people, or ask nobody, keeps it disarmed; the rest is said. */
import { type CauseId, causeOf } from "@sallyport/contracts";
import { isLivedWith } from "./finding.ts";
import type { Step } from "./windows-outcome.ts";

/** `sure`: the evidence decides. `about`: the agent with its way to the org, or the machine below it. `evidence`, `fix`: sentences. */
export interface Found {
  cause: CauseId;
  sure: boolean;
  about: "agent" | "machine";
  evidence: string;
  fix: string;
}

/** `missed`: what could not be looked at, with the reason. */
export interface Examination {
  found: Found[];
  missed: string[];
}

/**
 * What a machine below the agent may have that is ours. All else refuses people, or lets them in, with Sallyport as without it: a machine
 * that allows no remote desktop can be armed.
 */
const OURS: readonly CauseId[] = ["provider.missing", "provider.filtered", "config.exposed", "door.untrusted", "agent.unreachable"];

/** @param corrected The agent goes by the org's time: a wrong clock refuses nobody. */
export function judgeExamination({ found, missed }: Examination, corrected: boolean): Step {
  // It is not armed yet: that is no news.
  const news = found.filter(({ cause }) => cause !== "agent.not-armed");
  const blocking = news.filter((one) => one.sure && refuses(one, corrected));
  const noted = news.filter((one) => !blocking.includes(one)).map(tell);
  const open = missed.map((one) => `not looked at: ${one}`);
  const [first] = blocking;
  if (!first) {
    const said = [...noted, ...open];
    return { ok: true, reason: `the doctor found nothing that would refuse people${said.length > 0 ? `; ${said.join("; ")}` : ""}` };
  }
  const fixes = [...new Set(blocking.map(({ fix }) => fix))];
  return { ok: false, reason: `the doctor found ${blocking.map(tell).join("; ")}`, cause: first.cause, fix: fixes.join(" ") };
}

function refuses({ cause, about }: Found, corrected: boolean): boolean {
  if (about === "machine") return OURS.includes(cause);
  return causeOf(cause).kind === "refusal" && !isLivedWith({ cause, evidence: {} }, corrected);
}

function tell({ cause, sure, evidence }: Found): string {
  return `${causeOf(cause).title} (${cause}${sure ? "" : ", perhaps"}: ${evidence})`;
}
