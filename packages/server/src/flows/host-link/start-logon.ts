/** The first question of a logon: may this person try here, and with what? Opens the transaction or ends the logon at once. */
import { createHash } from "node:crypto";
import { LIMITS, type LogonRequest } from "@sallyport/contracts";
import { foldName, takesBypass } from "@sallyport/logon";
import type { Keys } from "../../keys/keys.ts";
import { blankTransaction } from "../authn/blank-transaction.ts";
import type { Asked } from "../authn/code-step.ts";
import { type Enrolling, enrolMarks, type Offer, showTransaction } from "../authn/show.ts";
import { isShown } from "../authn/transaction-view.ts";
import { newStateToken } from "../ids.ts";
import { endLogon, newLogon, type Refused, refuseAtOnce } from "../logon-record.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { EnrolmentRow, HostRow, LogonRow } from "../store-logons.ts";
import type { TransactionRow } from "../store-transactions.ts";
import type { HostCall, HostRefusal } from "./host-caller.ts";
import { judgePerson, type Person } from "./judge-person.ts";
import { refuseCall } from "./refuse-call.ts";
import { type HostDeps, withHost } from "./with-host.ts";

/** Different names that one host may ask about in an hour: more is a search for names, not people logging on. */
export const NAMES_PER_HOUR = 500;

export interface Opened {
  kind: "opened";
  transaction: TransactionRow;
  stateToken: string;
  user: UserRow | undefined;
  enrolments: EnrolmentRow[];
  /** In MFA_CHALLENGE: what was asked. */
  asked?: Asked | undefined;
  /** In MFA_ENROLL_ACTIVATE: what is being made; in MFA_ENROLL: what may be. */
  enrolling?: Enrolling | undefined;
  offers?: Offer[] | undefined;
  now: number;
}

export async function startLogon(
  deps: HostDeps & { keys: Keys },
  call: HostCall,
  request: LogonRequest,
): Promise<Opened | Refused | HostRefusal> {
  const logonHash = createHash("sha256").update(call.rawBody).digest("base64url");
  return withHost(
    deps,
    call,
    (tx, host) => openLogon(tx, host, request, logonHash, deps.keys),
    (tx, refusal) => refuseCall(tx, refusal, request),
  );
}

/** Under which name, and in which hour, a question counts. @param now epoch ms. */
export function nameOfHour(username: string, now: number): [folded: string, hour: number] {
  return [foldName(username) ?? username.slice(0, 64), Math.floor(now / 3_600_000)];
}

/** @param names different ones of this host in this hour; 0 for one that was asked about before. */
export function judgeNames(names: number): { cause: "http.rate-limited"; evidence: Record<string, unknown> } | undefined {
  return names > NAMES_PER_HOUR ? { cause: "http.rate-limited", evidence: { names, perHour: NAMES_PER_HOUR } } : undefined;
}

async function openLogon(tx: Tx, host: HostRow, request: LogonRequest, logonHash: string, keys: Keys): Promise<Opened | Refused> {
  // The token is made of the request, so that a retry after a lost answer finds the transaction that it opened; only this org can make it.
  const stateToken = newStateToken(keys.mac("state-token", `${host.id}\0${request.reference}\0${request.nonce}\0${logonHash}`));
  const tokenHash = hashToken(stateToken);
  const known = await tx.logons.ofHost(host.id, request.reference);
  if (known) return answerAgain(tx, known, tokenHash, stateToken);
  const logon = newLogon(host, request, tx.now);
  const complaint = judgeNames(await tx.hosts.countName(host.id, ...nameOfHour(request.username, tx.now)));
  if (complaint) return refuseAtOnce(tx, logon, host, complaint);
  const app = await tx.apps.byId(host.appId);
  if (!app) throw new Error(`host ${host.id} belongs to an app that is gone`);
  const person = await judgePerson(tx, app, host, request);
  if (request.password === "none") {
    // Nobody has proved a password yet: everything waits for it, so that the screen tells nothing about a name (S16).
    return open(tx, logon, { ...frame(host, request, logonHash, tokenHash, tx.now), status: "UNAUTHENTICATED" }, stateToken, undefined);
  }
  if (person.kind === "refused") return refuseAtOnce(tx, logon, host, person);
  return open(tx, logon, transactionFor(frame(host, request, logonHash, tokenHash, tx.now), person), stateToken, person);
}

/** Fields of a transaction that the policy and the person fill, once the password counts as right. */
export function transactionFor(transaction: TransactionRow, { policy, user, enrolments, window }: Person): TransactionRow {
  const allowed = policy.outcome === "allow";
  const common = { ...transaction, userId: user.id, rule: policy.rule };
  if (window) return { ...common, status: "MFA_ENROLL", lastCause: null, factors: enrolMarks(policy.factors), ticketId: window.id };
  return {
    ...common,
    status: allowed ? "SUCCESS" : "MFA_REQUIRED",
    lastCause: allowed ? "policy.no-mfa" : null,
    factors: [...enrolments.map(({ id }) => id), ...(takesBypass(policy.factors) ? ["bypass"] : [])],
  };
}

function frame(host: HostRow, request: LogonRequest, logonHash: string, tokenHash: string, now: number): TransactionRow {
  return {
    ...blankTransaction(now),
    tokenHash,
    status: "MFA_REQUIRED",
    hostId: host.id,
    appId: host.appId,
    reference: request.reference,
    nonce: request.nonce,
    logonHash,
    drive: request.drive,
    amr: request.password === "none" ? [] : ["pwd"],
  };
}

async function open(tx: Tx, logon: LogonRow, transaction: TransactionRow, stateToken: string, person: Person | undefined): Promise<Opened> {
  await tx.transactions.insert(transaction);
  await tx.logons.insert({ ...logon, userId: transaction.userId, rule: transaction.rule });
  if (transaction.status === "SUCCESS") {
    await endLogon(tx, transaction, { result: "allow", cause: "policy.no-mfa" });
  }
  if (person?.window) return showTransaction(tx, transaction, stateToken);
  return { kind: "opened", transaction, stateToken, user: person?.user, enrolments: person?.enrolments ?? [], now: tx.now };
}

async function answerAgain(tx: Tx, known: LogonRow, tokenHash: string, stateToken: string): Promise<Opened | Refused> {
  const transaction = await tx.transactions.byTokenHash(tokenHash);
  const over = !transaction || !isShown(transaction);
  if (over || transaction.reference !== known.reference || tx.now - known.started > LIMITS.transactionMs) {
    // It ended meanwhile, or the same reference came for another question: one logon, one reference.
    const cause = known.cause !== null && over ? known.cause : "logon.out-of-order";
    return { kind: "logon-refused", cause, told: known.told ?? "logon.out-of-order", reference: known.reference, evidence: {} };
  }
  return showTransaction(tx, transaction, stateToken);
}

/** SHA-256 hex of a state token: what is stored of it. The token has 256 bits, so that a plain hash is enough. */
export function hashToken(stateToken: string): string {
  return createHash("sha256").update(stateToken).digest("hex");
}
