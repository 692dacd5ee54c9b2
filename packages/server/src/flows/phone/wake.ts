/** The wake-up of a person's phones: one sealed letter for each that has a push service; it says nothing but *look*. */
import { type PushSubscription, pushSubscription } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import { enrolmentContext } from "../authn/judge-code.ts";
import { newId } from "../ids.ts";
import { OUTBOX_CHANGED, outboxContext } from "../outbox.ts";
import type { Tx } from "../store.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { OutboxRow } from "../store-requests.ts";

/** What a wake-up's sealed payload holds: whose phone, where to, and the keys that its content is encrypted to (RFC 8291). */
export interface WakeUp {
  enrolment: string;
  subscription: PushSubscription;
}

export interface Wake {
  challengeId: string;
  /** Epoch ms, as `expires`: after it the wake-up is worth nothing. */
  now: number;
  expires: number;
}

/** Letters are sealed before the unit writes them, so that their ids can stand in the challenge. */
export function wakePhones(keys: Keys, phones: EnrolmentRow[], { challengeId, now, expires }: Wake) {
  const rows: OutboxRow[] = [];
  for (const phone of phones) {
    const subscription = subscriptionOf(keys, phone);
    if (!subscription) continue;
    const id = newId("out");
    const sealed = keys.seal(Buffer.from(JSON.stringify({ enrolment: phone.id, subscription } satisfies WakeUp)), outboxContext(id));
    rows.push({ id, kind: "webpush", about: challengeId, sealed, created: now, expires, nextAt: now, tries: 0, doneAt: null, error: null });
  }
  return {
    letters: rows.map(({ id }) => id),
    async write(tx: Tx): Promise<void> {
      for (const row of rows) await tx.outbox.insert(row);
      if (rows.length > 0) await tx.changes.announce(OUTBOX_CHANGED);
    },
  };
}

/** The push service's address is a capability: whoever has it can wake the phone. So it is sealed like a secret. */
export function sealSubscription(keys: Keys, enrolmentId: string, subscription: PushSubscription | undefined): string {
  return subscription ? keys.seal(Buffer.from(JSON.stringify(subscription)), enrolmentContext(enrolmentId)) : "";
}

export function subscriptionOf(keys: Keys, { id, sealedSecret }: EnrolmentRow): PushSubscription | undefined {
  if (sealedSecret === "") return undefined;
  return pushSubscription.parse(JSON.parse(Buffer.from(keys.unseal(sealedSecret, enrolmentContext(id))).toString()));
}

/** The push service knows it no more; one that the phone made meanwhile stays. */
export async function forgetSubscription(tx: Tx, keys: Keys, enrolmentId: string, endpoint: string): Promise<void> {
  const phone = await tx.enrolments.byId(enrolmentId);
  if (!phone || subscriptionOf(keys, phone)?.endpoint !== endpoint) return;
  await tx.enrolments.update(phone.id, { sealedSecret: "", updated: tx.now });
  await tx.log.append({
    type: "push.subscribed",
    actor: { type: "system", id: "org" },
    outcome: "success",
    data: { factor: phone.id, service: null },
  });
}
