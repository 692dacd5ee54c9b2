/** Turns the outcomes of the host link and the transaction API into answers; what a caller may learn is decided here. */
import type { CauseId, TransactionView } from "@sallyport/contracts";
import type { FastifyRequest } from "fastify";
import { signDecision, transactionView } from "../flows/authn/transaction-view.ts";
import type { HostCall, HostRefusal } from "../flows/host-link/host-caller.ts";
import type { Opened } from "../flows/host-link/start-logon.ts";
import type { Refused as RefusedLogon } from "../flows/logon-record.ts";
import type { AppDeps } from "./app.ts";
import { Refused } from "./refuse.ts";

/** The signed call as it came: the raw body is what the assertion's hash covers. */
export function hostCall(request: FastifyRequest, checkId?: string): HostCall {
  return { authorization: request.headers.authorization, rawBody: request.rawBody ?? Buffer.alloc(0), checkId };
}

/** A caller who proved nothing gets one generic 401 and is counted by source; a proven host gets its cause. */
export function refuseHost(deps: AppDeps, request: FastifyRequest, refusal: HostRefusal, reference?: string): Refused {
  if (refusal.cause === undefined) {
    deps.refusedCallers.count(request.ip, "host");
    return new Refused({ code: "S0000002" });
  }
  // Proven, and not allowed: that is no fault of the proof.
  const code = ["client.revoked", "client.cloned", "client.pending"].includes(refusal.cause) ? "S0000001" : "S0000002";
  return new Refused({ code, cause: refusal.cause, ...(reference ? { reference } : {}), evidence: refusal.evidence ?? {} });
}

export function refuseLogon(refused: Pick<RefusedLogon, "told" | "evidence"> & { reference?: string | undefined }): Refused {
  const code = refused.told === "http.rate-limited" ? "E0000047" : "S0000001";
  return new Refused({
    code,
    cause: refused.told,
    ...(refused.reference ? { reference: refused.reference } : {}),
    evidence: refused.evidence,
  });
}

const CODES: Partial<Record<CauseId, "E0000004" | "E0000069" | "E0000079" | "E0000011" | "S0000001" | "S0000004">> = {
  "user.password": "E0000004",
  "factor.locked": "E0000069",
  "logon.out-of-order": "E0000079",
  "org.timeline": "E0000079",
  "logon.expired": "E0000011",
  "user.refused": "S0000001",
  "org.overloaded": "S0000004",
};

/** A refused step. A page (no host) gets the documented code alone: the cause stands in the log. */
export function refuseStep(
  step: { told: CauseId; reference: string | null; ended: boolean; evidence: Record<string, unknown> },
  toHost: boolean,
): Refused {
  const code = CODES[step.told] ?? "E0000068";
  if (!toHost) return new Refused({ code });
  const wait = step.told === "factor.throttled" ? { waitSeconds: step.evidence["waitSeconds"] } : {};
  return new Refused({
    code,
    cause: step.told,
    ...(step.reference ? { reference: step.reference } : {}),
    evidence: { ended: step.ended, ...wait },
  });
}

/** The transaction as its driver sees it; with the signed decision when a host's transaction succeeded. */
export async function answerTransaction(deps: AppDeps, opened: Opened): Promise<TransactionView> {
  const view = transactionView(deps.orgUrl, opened);
  const { transaction, user, now } = opened;
  if (transaction.status !== "SUCCESS" || transaction.hostId === null || !user) return view;
  const head = await deps.store.read((tx) => tx.log.head());
  return { ...view, decision: await signDecision(deps.keys, deps.orgUrl, transaction, user, head, now) };
}
