/** A phone says where it can be woken up, or that it no longer can. */
import type { PhoneAccountView } from "@sallyport/contracts";
import { accountOf } from "./account.ts";
import type { PhoneRefusal } from "./phone-caller.ts";
import { addedPushHosts, pushHostOf } from "./push-hosts.ts";
import { sealSubscription } from "./wake.ts";
import { type PhoneDeps, withPhone } from "./with-phone.ts";

/** Of a push service that is not allowed (S34): its host is named, so that an administrator can add it. */
export interface HostNotAllowed {
  kind: "host-not-allowed";
  host: string;
}

export function subscribePhone(deps: PhoneDeps, signed: string): Promise<PhoneAccountView | HostNotAllowed | PhoneRefusal> {
  return withPhone(deps, "phone-subscribe", signed, async (tx, { enrolment, user }, { subscription }) => {
    const host = subscription && new URL(subscription.endpoint).hostname;
    if (subscription && !pushHostOf(subscription.endpoint, await addedPushHosts(tx))) return { kind: "host-not-allowed", host: host ?? "" };
    const sealedSecret = sealSubscription(deps.keys, enrolment.id, subscription);
    await tx.enrolments.update(enrolment.id, { sealedSecret, updated: tx.now });
    await tx.log.append({
      type: "push.subscribed",
      actor: { type: "user", id: user.id, name: user.profile.login },
      outcome: "success",
      data: { factor: enrolment.id, service: host ?? null },
    });
    return accountOf({ enrolment: { ...enrolment, sealedSecret }, user }, tx.now);
  });
}
