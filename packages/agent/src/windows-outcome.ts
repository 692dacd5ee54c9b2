/** What came of a setup of a Windows machine: kept beside the agent's files, told in the event log, in the installer's and by `status`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CauseId, causeId } from "@sallyport/contracts";
import * as z from "zod";
import { agentFiles } from "./settings.ts";
import { writeAtomically } from "./state/files.ts";

/** `reason`: one sentence for the administrator, without any secret. `fix`: what to do, of a step that failed. */
export interface Step {
  ok: boolean;
  reason: string;
  cause?: CauseId | undefined;
  fix?: string | undefined;
}

export interface SetupOutcome {
  ok: boolean;
  time: string;
  version: string;
  enrolled: boolean;
  armed: boolean;
  /** In order; the one that failed is the last. */
  steps: (Step & { step: string })[];
}

/** For the event log and the installer's: what is to be known without any other file. */
export function tellOutcome({ ok, armed, enrolled, steps }: SetupOutcome): string {
  const last = steps.at(-1);
  if (ok || !last) return `${enrolled ? "enrolled" : "not enrolled"}, ${armed ? "armed" : "disarmed"}. ${last?.reason ?? ""}`.trim();
  const cause = last.cause === undefined ? "" : ` (${last.cause})`;
  return `${last.step}${cause}: ${last.reason.replace(/\.$/, "")}.${last.fix === undefined ? "" : ` What to do: ${last.fix}`}`;
}

const path = (state: string | undefined) => join(agentFiles(state).state, "setup.json");

export function keepSetup(state: string | undefined, outcome: SetupOutcome): void {
  try {
    writeAtomically(path(state), `${JSON.stringify(outcome, null, 2)}\n`);
  } catch {
    // The caller says it as well.
  }
}

const step = z.object({ step: z.string(), ok: z.boolean(), reason: z.string(), cause: causeId.optional(), fix: z.string().optional() });
const kept = z.object({
  ok: z.boolean(),
  time: z.string(),
  version: z.string(),
  enrolled: z.boolean(),
  armed: z.boolean(),
  steps: z.array(step),
});

/** `undefined` where there was no setup, or nobody may read of it: it says nothing that the agent goes by. */
export function readSetup(state: string | undefined): { ok: boolean; time: string; told: string } | undefined {
  try {
    const outcome = kept.parse(JSON.parse(readFileSync(path(state), "utf8")));
    return { ok: outcome.ok, time: outcome.time, told: tellOutcome(outcome) };
  } catch {
    return undefined;
  }
}
