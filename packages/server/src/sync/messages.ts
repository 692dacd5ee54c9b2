/** What the planning process and the server say to each other. */
import type { SyncJob } from "../flows/management/plan-sync.ts";
import type { PlanHead, PlanParts } from "../flows/management/planned.ts";
import type { Questions } from "../flows/management/sync-questions.ts";

/** To the server. Faults are taken apart: a class does not survive the way. */
export type Said =
  | { say: "progress"; stage: "reading" | "planning"; done: number }
  | { say: "question"; id: number; ask: keyof Questions; args: unknown[] }
  | { say: "planned"; head: PlanHead }
  | { say: "part"; id: number; items: unknown[] }
  | { say: "fault"; sentence: string; evidence: { server: string; error: string } }
  | { say: "broken"; message: string };

/** From the server; the job comes first. */
export type Told =
  | { tell: "job"; job: SyncJob }
  | { tell: "answer"; id: number; value: unknown }
  | { tell: "no-answer"; id: number; message: string }
  | { tell: "part"; id: number; what: keyof PlanParts; at: number };
