/** Judges at a step what was judged when its transaction opened: state, app, assignment and policy may be others by now. */
import { type FactorKind, factorKind } from "@sallyport/contracts";
import { type PolicyDecision, takesBypass, takesKind } from "@sallyport/logon";
import { type Asked, type JudgedHost, judgeAdmission, judgeApp, judgeState, type PersonRefused } from "../host-link/judge-person.ts";
import { isAlive } from "../sessions/session.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { HostRow, LogonRow } from "../store-logons.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { ENROL_MARK } from "./show.ts";

/** Where a host's logon happens; the end of the logon writes to both. */
export interface Place {
  logon: LogonRow;
  host: HostRow;
}

export interface GoesOn {
  kind: "goes-on";
  /** As stored, but of `factors` only what the policy still takes. */
  transaction: TransactionRow;
  /** Whether a factor of this kind would still do. */
  takes(kind: FactorKind): boolean;
  /** What the policy says now; absent where nothing but the org's own pages is signed in to. */
  policy?: PolicyDecision;
  /** Of a host's logon. */
  place?: Place | undefined;
}

/**
 * Within the step's own unit of work. A rule that lets in without a factor by now changes nothing: what was begun is finished.
 * @param host that asked, if one did.
 */
export async function judgeAnew(
  tx: Tx,
  host: HostRow | undefined,
  transaction: TransactionRow,
  user: UserRow,
): Promise<GoesOn | PersonRefused> {
  const { appId } = transaction;
  if (appId === null) return judgeState(user) ?? { kind: "goes-on", transaction, takes: () => true };
  const found = await tx.apps.forUser(appId, user.id);
  const closed = found && judgeApp(found.app);
  if (closed) return { ...closed, userId: user.id };
  if (!found?.assigned)
    return { kind: "refused", cause: "app.not-assigned", evidence: { app: found?.app.label ?? appId }, userId: user.id };
  const place = transaction.sessionId === null ? await placeOf(tx, host, transaction) : undefined;
  const ended = transaction.sessionId === null ? undefined : await judgeSession(tx, transaction.sessionId, user);
  if (ended) return ended;
  const admitted = place
    ? await judgeAdmission(tx, found.app, place.host, user, askedAt(place.logon))
    : await judgeAdmission(tx, found.app, A_BROWSER, user, askedBy(transaction, user));
  if (admitted.kind === "refused") return admitted;
  const { policy } = admitted;
  const takes = (kind: FactorKind) => policy.outcome === "allow" || takesKind(kind, policy.factors);
  const factors = transaction.factors.filter((mark) => keeps(mark, policy));
  return { kind: "goes-on", transaction: { ...transaction, factors }, takes, policy, place };
}

/** A step-up happens at no machine: a rule for certain machines is for none of its kind. */
const A_BROWSER: JudgedHost = { id: "", name: "a browser" };
/** The service by which rules name it. */
export const STEP_UP_SERVICE = "web";

function askedBy({ address }: TransactionRow, { profile }: UserRow): Asked {
  const { login: username } = profile;
  return { username, service: STEP_UP_SERVICE, scenario: "logon", ...(address === null ? {} : { address }) };
}

/** Nobody's session becomes fresh that was ended meanwhile. */
async function judgeSession(tx: Tx, sessionId: string, user: UserRow): Promise<PersonRefused | undefined> {
  const session = await tx.sessions.byId(sessionId);
  if (session?.userId === user.id && isAlive(session, tx.now)) return undefined;
  return { kind: "refused", cause: "logon.expired", evidence: { session: sessionId }, userId: user.id };
}

async function placeOf(tx: Tx, host: HostRow | undefined, { id, hostId, reference }: TransactionRow): Promise<Place> {
  const own = host ?? (hostId === null ? undefined : await tx.hosts.byId(hostId));
  const logon = await tx.logons.ofHost(hostId, reference);
  if (!own || !logon) throw new Error(`transaction ${id} has no record of its logon`);
  return { logon, host: own };
}

function askedAt({ username, service, scenario, address }: LogonRow): Asked {
  return { username, service, scenario: scenario as Asked["scenario"], ...(address === null ? {} : { address }) };
}

/** Enrolments are told by their rows, which the step reads anyway; here it is about the marks beside them. */
function keeps(mark: string, { outcome, factors }: PolicyDecision): boolean {
  if (outcome === "allow") return true;
  if (mark === "bypass") return takesBypass(factors);
  const kind = mark.startsWith(ENROL_MARK) ? factorKind.safeParse(mark.slice(ENROL_MARK.length)) : undefined;
  return !kind?.success || takesKind(kind.data, factors);
}
