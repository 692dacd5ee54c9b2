/** A fault is an event of the log too (S21), but a caller who can bring one about cannot fill the disk with it. */
import type { AppDeps } from "./app.ts";

const A_MINUTE = 10;

export type SayFault = (fault: { errorId: string; step: string; name: string }) => void;

/** Answers at once; what cannot be written, since the database may be the fault, is in the server's own log already. */
export function sayFaults(deps: AppDeps): SayFault {
  let minute = 0;
  let said = 0;
  return (fault) => {
    const now = Math.floor(Date.now() / 60_000);
    if (now !== minute) {
      minute = now;
      said = 0;
    }
    if (said++ >= A_MINUTE) return;
    const event = { type: "org.fault", actor: { type: "system", id: "org" }, outcome: "failure", cause: "org.fault", data: fault } as const;
    Promise.resolve()
      .then(() => deps.store.inTransaction((tx) => tx.log.append(event)))
      .catch((err: unknown) => deps.log.error({ err, errorId: fault.errorId }, "a fault could not be written to the log"));
  };
}
