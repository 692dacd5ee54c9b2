/** Which of the two statuses that Windows gives for a refusal names its cause. */
import { type CauseId, type FailedFrame, WINDOWS_STATUS_CAUSES } from "@sallyport/contracts";

/** The narrower status wins: 0xC000006E says only *restriction*, its sub-status which. What nobody knows is a password that did not pass. */
export function causeOfStatus(status: string | undefined, subStatus: string | undefined): CauseId {
  return WINDOWS_STATUS_CAUSES[subStatus ?? ""] ?? WINDOWS_STATUS_CAUSES[status ?? ""] ?? "user.password";
}

type WhyFailed = Pick<FailedFrame["failed"], "reason" | "status" | "subStatus" | "after">;

/** Of the news that nobody went in. */
export function findingOfFailed({ reason, status, subStatus, after }: WhyFailed): {
  cause: CauseId;
  evidence: Record<string, string>;
} {
  return {
    cause: reason === "cancel" ? "logon.cancelled" : causeOfStatus(status, subStatus),
    evidence: {
      reason,
      ...(status === undefined ? {} : { status }),
      ...(subStatus === undefined ? {} : { subStatus }),
      ...(after === undefined ? {} : { after }),
    },
  };
}
