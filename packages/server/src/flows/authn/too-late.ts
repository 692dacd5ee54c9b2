/** Why a challenge takes no answer any more: it had one, or its time is over. */
import type { ChallengeRow } from "../store-requests.ts";
import { type WrongCode, wrong } from "./tries.ts";

export function tooLate({ answeredAt, created, expires }: ChallengeRow): WrongCode {
  const iso = (at: number) => new Date(at).toISOString();
  if (answeredAt !== null) return wrong("factor.code-used", { usedAt: iso(answeredAt) });
  return wrong("factor.code-expired", { sentAt: iso(created), expiredAt: iso(expires) });
}
