/** *Not me*: stops the pushes from that host and address; with the third within an hour, all pushes. Other factors stay. */
import { PUSH_REPORTS, scopeOfReport } from "@sallyport/logon";
import { pushDataOf } from "../authn/asked/push.ts";
import { newId } from "../ids.ts";
import { personOf } from "../person.ts";
import type { Tx } from "../store.ts";
import type { ChallengeRow, PushStopRow } from "../store-requests.ts";
import type { Phone } from "./with-phone.ts";

/** Within the unit that has written the answer: this report is among those that are counted. */
export async function report(tx: Tx, { enrolment, user }: Phone, challenge: ChallengeRow): Promise<void> {
  const asked = challenge.userId;
  const since = tx.now - PUSH_REPORTS.windowMs;
  const reports = (await Promise.all((await personOf(tx, user)).map(({ id }) => tx.challenges.answersSince(id, "not-me", since)))).flat();
  const scope = scopeOfReport(reports.length - 1);
  const { shown } = pushDataOf(challenge);
  const stop: PushStopRow = {
    id: newId("stp"),
    userId: asked,
    scope,
    hostId: scope === "all" ? null : challenge.hostId,
    address: scope === "all" ? null : (shown.address?.value ?? null),
    challengeId: challenge.id,
    created: tx.now,
    liftedAt: null,
    liftedBy: null,
  };
  await tx.pushStops.insert(stop);
  await tx.log.append({
    type: "push.reported",
    actor: { type: "user", id: user.id, name: user.profile.login },
    outcome: "failure",
    cause: "factor.push-reported",
    host: challenge.hostId ?? undefined,
    data: { factor: enrolment.id, stop: stop.id, scope, service: shown.service, address: shown.address, reports: reports.length },
  });
}
