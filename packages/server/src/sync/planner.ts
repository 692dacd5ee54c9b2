/** The planning process: reads the directory, asks the server what the org has, and holds the plan until its parts are fetched. */
import { getPriority, setPriority } from "node:os";
import { ldapDirectory } from "../directory/directory.ts";
import { DirectoryFault } from "../flows/directory.ts";
import { readAndPlan, type SyncJob, type SyncPlan } from "../flows/management/plan-sync.ts";
import { headOf, PART, type PlanParts, partOf } from "../flows/management/planned.ts";
import type { Questions } from "../flows/management/sync-questions.ts";
import type { Said, Told } from "./messages.ts";

// Whoever logs on meanwhile comes first, however nice the server itself is.
setPriority(Math.min(19, getPriority() + 5));

const say = (said: Said) => void process.send?.(said);
const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
let plan: SyncPlan | undefined;
let asked = 0;

// A server that is gone, however it ended, needs no plan.
process.once("disconnect", () => process.exit());
process.on("message", (told: Told) => {
  if (told.tell === "job") void work(told.job);
  else if (told.tell === "part") say({ say: "part", id: told.id, items: part(told.what, told.at) });
  else {
    const one = waiting.get(told.id);
    waiting.delete(told.id);
    if (told.tell === "answer") one?.resolve(told.value);
    else one?.reject(new Error(told.message));
  }
});

const kept = new Map<keyof PlanParts, unknown[]>();
function part(what: keyof PlanParts, at: number): unknown[] {
  const all = kept.get(what) ?? (plan ? partOf(plan, what) : []);
  kept.set(what, all);
  return all.slice(at, at + PART);
}

function question(ask: keyof Questions, args: unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    asked += 1;
    waiting.set(asked, { resolve, reject });
    say({ say: "question", id: asked, ask, args });
  });
}

async function work(job: SyncJob): Promise<void> {
  const ask = new Proxy({} as Questions, {
    get:
      (_, name: keyof Questions) =>
      (...args: unknown[]) =>
        question(name, args),
  });
  try {
    plan = await readAndPlan(ldapDirectory(), job, ask, {
      signal: new AbortController().signal,
      onProgress: ({ stage, done }) => say({ say: "progress", stage, done }),
    });
    say({ say: "planned", head: headOf(plan) });
  } catch (error) {
    if (error instanceof DirectoryFault) say({ say: "fault", sentence: error.sentence, evidence: error.evidence });
    else say({ say: "broken", message: (error as Error).message });
  }
}
