/** Which of the two statuses that Windows gives for a refusal names its cause. */
import { type CauseId, WINDOWS_STATUS_CAUSES } from "@sallyport/contracts";

/** The narrower status wins: 0xC000006E says only *restriction*, its sub-status which. What nobody knows is a password that did not pass. */
export function causeOfStatus(status: string | undefined, subStatus: string | undefined): CauseId {
  return WINDOWS_STATUS_CAUSES[subStatus ?? ""] ?? WINDOWS_STATUS_CAUSES[status ?? ""] ?? "user.password";
}
