/** What a step of a logon sees of it: the person, the org, the time that is left. */
import type { BeginFrame, CauseId, ShowFrame, TransactionView } from "@sallyport/contracts";
import type { Outcome } from "../attempt.ts";
import type { Desk, Host } from "../desk.ts";
import type { Answer } from "../link/answer.ts";
import type { Offer } from "./offer.ts";

/** Codes that may be typed at a logon, and again at each part of an enrolment; a provider without conversation has the one that it was given. */
export const TRIES = 3;

export type Refused = Extract<Answer<TransactionView>, { kind: "refused" }>;

export interface Scene {
  begin: BeginFrame["begin"];
  host: Host;
  desk: Desk;
  /** The provider can show and ask as often as it takes. */
  canAsk: boolean;
  /** The provider can answer one prompt for a code, and no other. */
  serial: boolean;
  /** Typed codes that are left; the org counts all tries besides. */
  tries: number;
  /** What the org offered first: steps that come to nothing fall back to it. */
  offer: Offer | undefined;
  /** What stands above the next prompt: how the last step ended. */
  again: string | undefined;
  /** Shows and waits for the answer; rejects with the `Refusal` that ended the wait. */
  ask(show: ShowFrame["show"]): Promise<Record<string, string>>;
  /** Shows, and goes on. */
  tell(show: ShowFrame["show"]): void;
  /** From now on the person has so many ms: what is asked next cannot be answered at once. The provider hears so with the next show. */
  moreTime(ms: number): void;
  /** Waits for the org no longer than the person waits. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Of the transaction that the org opened. */
  token(): string;
  /** Closes the transaction at the org: this logon ends here, by this cause. */
  giveUp(cause: CauseId): void;
}

/** Where a step leads: to what the org answered, or to the end. */
export type Next = { answer: Answer<TransactionView> } | { outcome: Outcome };

/** One file of `steps/` for each: draws, asks, tells the org, and says where that leads. */
export type Step = (scene: Scene, view: TransactionView) => Promise<Next>;
