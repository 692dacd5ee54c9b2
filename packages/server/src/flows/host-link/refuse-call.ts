/** Records that a proven host's call was refused before anybody was looked at: time, replay, body, state, clone. */
import type { LogonRequest } from "@sallyport/contracts";
import { newLogon, refuseAtOnce } from "../logon-record.ts";
import type { Tx } from "../store.ts";
import type { HostRefusal } from "./host-caller.ts";

/**
 * A logon refused for the host's clock is asked once more with the same reference (not by a `legacy` host, which is not corrected), and a
 * replay carries the reference of another's logon: for these only the event stands; every other refusal ends the attempt's record.
 */
export async function refuseCall(tx: Tx, refusal: HostRefusal, request: LogonRequest): Promise<void> {
  const { host, cause } = refusal;
  if (!host || !cause) return;
  const evidence = refusal.evidence ?? {};
  const known = (await tx.logons.byReference(request.reference)).some((row) => row.hostId === host.id);
  const askedAgain = cause === "clock.host" && !host.legacy;
  if (!askedAgain && cause !== "client.replayed" && !known) {
    await refuseAtOnce(tx, newLogon(host, request, tx.now), host, { cause, evidence });
    return;
  }
  await tx.log.append({
    type: "logon.refused",
    actor: { type: "host", id: host.id, name: host.name },
    outcome: "failure",
    cause,
    reference: request.reference,
    host: host.id,
    data: { username: request.username, service: request.service, scenario: request.scenario, told: cause, evidence },
  });
}
