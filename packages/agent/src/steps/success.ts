/** The end of a transaction that went well: the signed yes, honoured for the attempt that is open and no other. */
import type { TransactionView } from "@sallyport/contracts";
import { deny, type Outcome } from "../attempt.ts";
import { honourDecision, type OpenAttempt } from "../decision.ts";
import type { Host } from "../desk.ts";

export async function takeDecision(host: Host, open: OpenAttempt, view: TransactionView): Promise<Outcome> {
  const { clock, link, identity, state } = host;
  if (clock.now() === undefined) await link.syncTime();
  const keys = identity.decisionKeys;
  let judged = await honourDecision(view.decision ?? "", open, keys, clock);
  if (!judged.ok && judged.check === "signature") {
    // The org may have passed on to its next key while this host was away.
    const before = keys.newest();
    const fault = await link.syncTime();
    // The key is the org's, and only could not be kept.
    if (fault?.cause === "host.disk") return deny(fault);
    if (keys.newest() !== before) judged = await honourDecision(view.decision ?? "", open, keys, clock);
  }
  if (!judged.ok) return deny({ cause: "agent.decision-invalid", evidence: { check: judged.check, detail: judged.detail } });
  state.keepHead(judged.claims.head);
  const { cause, amr, user } = judged.claims;
  const evidence = { user: user.login, amr: amr.join(" ") };
  return { result: "allow", ...(cause === undefined ? {} : { cause }), evidence, decidedByOrg: true };
}
