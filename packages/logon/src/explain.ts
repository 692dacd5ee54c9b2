/** What of a cause may be told, and to whom: the host, the person at the logon screen. */
import { CAUSES, type CauseId } from "@sallyport/contracts";

/** One answer for everything that a host could use to learn who exists and in what state (S16); the org keeps the true cause. */
const ONE_ANSWER: ReadonlySet<CauseId> = new Set<CauseId>([
  "user.unknown",
  "user.name-shape",
  "user.ambiguous",
  "app.not-assigned",
  // A state is as good as a name to somebody who searches for accounts.
  "user.suspended",
  "user.deactivated",
  "user.locked",
]);

export function toldToHost(cause: CauseId): CauseId {
  return ONE_ANSWER.has(cause) ? "user.refused" : cause;
}

/** The sentence at the logon screen, with the reference to quote; a wait is said in full (S2). */
export function personText(cause: CauseId, reference: string, extra: { waitSeconds?: number | undefined } = {}): string {
  const wait = extra.waitSeconds === undefined ? "" : ` Wait ${inWords(extra.waitSeconds)}.`;
  return `${CAUSES[cause].person}${wait} Reference: ${reference}`;
}

function inWords(seconds: number): string {
  if (seconds < 90) return `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
