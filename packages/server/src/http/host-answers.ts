/** Turns the outcomes of the host link and the transaction API into answers; what a caller may learn is decided here. */
import { type CauseId, ERRORS, type TransactionView } from "@sallyport/contracts";
import type { FastifyRequest } from "fastify";
import type { Asked, VerifyOutcome } from "../flows/authn/code-step.ts";
import type { NotYours } from "../flows/authn/open-transaction.ts";
import { sessionTokenOf } from "../flows/authn/session-token.ts";
import { signDecision, transactionView } from "../flows/authn/transaction-view.ts";
import type { HostCall, HostRefusal } from "../flows/host-link/host-caller.ts";
import type { Opened } from "../flows/host-link/start-logon.ts";
import type { Refused as RefusedLogon } from "../flows/logon-record.ts";
import { shownLogon } from "../flows/shown-logon.ts";
import type { UserRow } from "../flows/store-directory.ts";
import type { TransactionRow } from "../flows/store-transactions.ts";
import type { AppDeps } from "./app.ts";
import { Refused, type Worded } from "./refuse.ts";

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

const CODES: Partial<Record<CauseId, "E0000004" | "E0000069" | "E0000079" | "E0000011" | "E0000006" | "S0000001" | "S0000004">> = {
  "factor.enrol-not-allowed": "E0000006",
  "factor.enrol-expired": "E0000006",
  "user.password": "E0000004",
  "factor.locked": "E0000069",
  "logon.out-of-order": "E0000079",
  "org.timeline": "E0000079",
  "logon.expired": "E0000011",
  "user.refused": "S0000001",
  "org.overloaded": "S0000004",
};

/** Nothing was sent that anybody could answer: why is for the log. */
const NOT_ASKED: ReadonlySet<CauseId> = new Set<CauseId>(["factor.push-capped", "factor.push-stopped", "factor.not-allowed"]);

/** What public clients show under the field. A wait is the same for right and wrong codes, and so tells nothing of them. */
function stepRefused(told: CauseId, waitSeconds: unknown): Worded {
  if (NOT_ASKED.has(told)) {
    return {
      en: "This cannot be asked for now. Please use another factor.",
      de: "Das lässt sich gerade nicht anfragen. Bitte nehmen Sie einen anderen Faktor.",
    };
  }
  if (typeof waitSeconds !== "number") {
    return {
      en: "Your passcode doesn't match our records. Please try again.",
      de: "Dieser Code stimmt nicht. Bitte versuchen Sie es noch einmal.",
    };
  }
  const [count, en, de] = waitSeconds < 90 ? [waitSeconds, "seconds", "Sekunden"] : [Math.ceil(waitSeconds / 60), "minutes", "Minuten"];
  return {
    en: `Too many wrong passcodes. Wait ${count} ${en} before you try again.`,
    de: `Zu viele falsche Codes. Warten Sie ${count} ${de}, bevor Sie es noch einmal versuchen.`,
  };
}

/** A refused step. A page (no host) gets the documented code alone: the cause stands in the log. */
export function refuseStep(
  step: { told: CauseId; reference: string | null; ended: boolean; locked?: boolean; evidence: Record<string, unknown> },
  toHost: boolean,
): Refused {
  const wait = step.told === "factor.throttled" ? { waitSeconds: step.evidence["waitSeconds"] } : {};
  if (!toHost) {
    const code = step.locked ? "E0000069" : (CODES[step.told] ?? "E0000068");
    if (code === "E0000079") return new Refused({ code, causes: [ERRORS[code].summary] });
    if (code !== "E0000068") return new Refused({ code });
    // S2: the wait is shown, also where no cause is told.
    return new Refused({ code, causes: [stepRefused(step.told, wait.waitSeconds)], retryAfter: wait.waitSeconds as number | undefined });
  }
  const code = CODES[step.told] ?? "E0000068";
  return new Refused({
    code,
    cause: step.told,
    ...(step.reference ? { reference: step.reference } : {}),
    evidence: { ended: step.ended, ...wait },
  });
}

/**
 * The transaction as its driver sees it. At its good end a host gets the signed decision; a page that began by itself, a session token; a
 * page that drove for a host, nothing: the host alone fetches what it asked for. A step-up has a link to go on by.
 */
export async function answerTransaction(deps: AppDeps, opened: Opened, toHost: boolean): Promise<TransactionView> {
  const { transaction, now } = opened;
  const user = opened.user && { id: opened.user.id, login: opened.user.profile.login };
  const view = transactionView(deps.orgUrl, { ...opened, user, target: await targetOf(deps, transaction) });
  if (!toHost && transaction.hostId !== null) return withLogon(deps, view, transaction);
  if (transaction.status !== "SUCCESS" || !user || !opened.user) return view;
  if (transaction.hostId === null) {
    const _embedded = { ...view._embedded, user: wholeUser(opened.user) };
    if (transaction.sessionId !== null) return { ...view, _embedded };
    return { ...view, sessionToken: sessionTokenOf(deps.keys, transaction.id), _embedded };
  }
  const head = await deps.store.read((tx) => tx.log.head());
  return { ...view, decision: await signDecision(deps.keys, deps.orgUrl, transaction, user, head, now) };
}

/** A page that was sent a machine's logon says which it is: whoever holds the token need not be the one who began. */
async function withLogon({ store }: AppDeps, view: TransactionView, { reference, hostId }: TransactionRow): Promise<TransactionView> {
  const logon = await store.read((tx) => shownLogon(tx, hostId, reference));
  return logon && view._embedded ? { ...view, _embedded: { ...view._embedded, logon } } : view;
}

async function targetOf({ store }: AppDeps, { sessionId, appId }: TransactionRow): Promise<{ label: string } | undefined> {
  return sessionId === null || appId === null ? undefined : store.read((tx) => tx.apps.byId(appId));
}

/** Names are for whoever came all the way: a password alone shows nothing of a person but the name that was typed (S16). */
function wholeUser({ id, profile, passwordChanged }: UserRow) {
  const { login, firstName, lastName } = profile;
  return {
    id,
    ...(passwordChanged ? { passwordChanged: new Date(passwordChanged).toISOString() } : {}),
    profile: { login, ...(firstName ? { firstName } : {}), ...(lastName ? { lastName } : {}) },
  };
}

/** What a step with a factor came to. */
export async function answerVerified(deps: AppDeps, stateToken: string, outcome: VerifyOutcome, toHost: boolean): Promise<TransactionView> {
  if (outcome.kind === "no-transaction") throw noTransaction(outcome, toHost);
  if (outcome.kind === "wrong") throw refuseStep(outcome, toHost);
  const { transaction, user, now } = outcome;
  const shown = outcome.kind === "asked" ? { asked: toHost ? outcome.asked : unexplained(outcome.asked) } : { offers: outcome.offers };
  return answerTransaction(deps, { kind: "opened", transaction, stateToken, user, enrolments: [], ...shown, now }, toHost);
}

/** A page hears that the answer was no, or did not come; why stands in the log. */
function unexplained({ cause: _, ...asked }: Asked): Asked {
  return asked;
}

export function noTransaction(outcome: NotYours, toHost: boolean): Refused {
  return new Refused({ code: "E0000011", ...(toHost ? { cause: outcome.cause ?? "logon.expired" } : {}) });
}
