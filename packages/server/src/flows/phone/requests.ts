/** What waits for a phone's answer: every open push to its person, whichever of their phones it was asked of. */
import type { OpenRequest, PhoneRequestsView } from "@sallyport/contracts";
import { PUSH_DIGITS } from "@sallyport/logon";
import { pushDataOf } from "../authn/asked/push.ts";
import { factorsOf, isBeingMade } from "../person.ts";
import type { Tx } from "../store.ts";
import type { ChallengeRow } from "../store-requests.ts";
import { accountOf, verifierOf } from "./account.ts";
import type { PhoneRefusal } from "./phone-caller.ts";
import { type Phone, type PhoneDeps, withPhone } from "./with-phone.ts";

/** The first fetch is kept: it says whether a request ever reached its person. */
export function openRequests(deps: PhoneDeps, signed: string): Promise<PhoneRequestsView | PhoneRefusal> {
  return withPhone(deps, "phone-requests", signed, async (tx, phone) => {
    const open = await openTo(tx, phone);
    for (const challenge of open) if (challenge.seenAt === null) await tx.challenges.seen(challenge.id, tx.now);
    const stopped = (await tx.pushStops.standing(phone.user.id)).length > 0;
    return { ...accountOf(phone, tx.now), stopped, requests: open.map((challenge) => requestOf(deps, phone, challenge)) };
  });
}

/** Linked users are one person: a phone of one answers for each of them. */
async function openTo(tx: Tx, { user, enrolment }: Phone): Promise<ChallengeRow[]> {
  if (isBeingMade(enrolment)) return [];
  const phones = (await factorsOf(tx, user)).filter(({ kind, status }) => kind === "push" && status === "ACTIVE");
  const open = await Promise.all(phones.map(({ id }) => tx.challenges.openOf(id, tx.now)));
  return open
    .flat()
    .filter(({ kind }) => kind === "push")
    .sort((one, other) => one.created - other.created);
}

function requestOf(deps: PhoneDeps, { enrolment }: Phone, challenge: ChallengeRow): OpenRequest {
  const verifier = verifierOf(enrolment);
  const rpId = new URL(deps.orgUrl).hostname;
  return {
    challenge: challenge.id,
    transaction: challenge.transactionId ?? "",
    shown: pushDataOf(challenge).shown,
    digits: PUSH_DIGITS,
    expiresAt: new Date(challenge.expires).toISOString(),
    ...(verifier ? { verifier: { challenge: challenge.secret, rpId, credentialId: verifier.credentialId } } : {}),
  };
}
