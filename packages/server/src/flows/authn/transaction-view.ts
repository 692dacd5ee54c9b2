/** How a transaction is shown to the client that drives it, and the signed decision when it ended well. */
import {
  type DecisionClaims,
  FACTOR_NAMES,
  type FactorView,
  JWS_TYPES,
  LIMITS,
  type LogHead,
  RECOVERY_SHOWN,
  type TransactionView,
  transactionStatus,
} from "@sallyport/contracts";
import { isSentKind, maskMail, maskNumber } from "@sallyport/logon";
import type { Keys } from "../../keys/keys.ts";
import { SHORTEST_WITH_FACTOR } from "../management/password-rules.ts";
import { targetOf } from "../send-code.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { shownOf } from "./asked-factors.ts";
import type { Asked } from "./code-step.ts";
import { isByType, keysOf, type ShownFactor, typesOf } from "./passkey-view.ts";
import { type Enrolling, isFree, type Offer } from "./show.ts";

export interface Shown {
  transaction: TransactionRow;
  stateToken: string;
  user: { id: string; login: string } | undefined;
  enrolments: EnrolmentRow[];
  /** In MFA_CHALLENGE. */
  asked?: Asked | undefined;
  /** Of a step-up: the app that it is for. */
  target?: { label: string } | undefined;
  /** In MFA_ENROLL_ACTIVATE and MFA_ENROLL. */
  enrolling?: Enrolling | undefined;
  offers?: Offer[] | undefined;
}

/** False for the ends that no client sees as a status: all that is left to say of them is the cause. */
export function isShown({ status }: TransactionRow): boolean {
  return transactionStatus.safeParse(status).success;
}

/** Every link is absolute and allows exactly one method: the public clients turn it into a function by that. */
export function transactionView(orgUrl: string, shown: Shown): TransactionView {
  const { transaction, stateToken, user } = shown;
  const stepUp = transaction.sessionId !== null;
  const status = transaction.status as TransactionView["status"];
  const link: Link = (path, name) => ({ ...(name ? { name } : {}), href: `${orgUrl}${path}`, hints: { allow: ["POST"] } });
  return {
    // Of a step-up it goes on to the next link, which only the browser that began can follow.
    ...(status === "SUCCESS" && !stepUp ? {} : { stateToken }),
    ...(stepUp ? { type: "SESSION_STEP_UP" as const } : {}),
    expiresAt: new Date(transaction.expires).toISOString(),
    status,
    ...resultOf(status, shown),
    ...(user ? { _embedded: embedded(orgUrl, status, user, shown, link) } : {}),
    _links: status === "SUCCESS" && stepUp ? { next: originalLink(orgUrl, stateToken) } : linksOf(status, shown, link),
  };
}

function embedded(orgUrl: string, status: string, { id, login }: { id: string; login: string }, shown: Shown, link: Link) {
  const { target } = shown;
  return {
    user: { id, profile: { login } },
    ...factorsShown(status, shown, link),
    ...(target ? { target: targetView(orgUrl, target.label) } : {}),
  };
}

/** As the public API names an app that somebody signs in to. */
function targetView(orgUrl: string, label: string) {
  const logo = { name: "medium", href: `${orgUrl}/phone/icon-192.png`, type: "image/png" };
  return { type: "APP", name: APP_NAME, label, _links: { logo } };
}

function originalLink(orgUrl: string, stateToken: string) {
  const href = `${orgUrl}${STEP_UP_REDIRECT}?stateToken=${stateToken}`;
  return { name: "original", href, hints: { allow: ["GET" as const] } };
}

/** Of every app, as the management API names it. */
const APP_NAME = "sallyport_host";
/** Where a step-up ends: the browser that began goes there, and comes back to its own pages. */
export const STEP_UP_REDIRECT = "/login/step-up/redirect";

type Link = (path: string, name?: string) => { name?: string; href: string; hints: { allow: "POST"[] } };

function resultOf(
  status: string,
  { asked, enrolling }: Shown,
): Pick<TransactionView, "factorResult" | "challengeType" | "factorType" | "cause"> {
  if (status === "SUCCESS") return { factorResult: "SUCCESS" };
  if (status === "MFA_ENROLL_ACTIVATE" && enrolling?.waits) return { factorResult: "WAITING" };
  if (status !== "MFA_CHALLENGE" || !asked) return {};
  const { result, cause, enrolment } = asked;
  return {
    factorResult: result,
    ...(enrolment.kind === "passkey" ? challengeTypeOf(asked) : {}),
    ...(cause ? { cause } : {}),
  };
}

function challengeTypeOf(asked: Asked): Pick<TransactionView, "challengeType" | "factorType"> {
  return isByType(asked) ? { challengeType: "FACTOR_TYPE", factorType: FACTOR_NAMES.passkey.factorType } : { challengeType: "FACTOR" };
}

type Links = NonNullable<TransactionView["_links"]>;

function linksOf(status: string, shown: Shown, link: Link): Links {
  const cancel = link("/api/v1/authn/cancel");
  switch (status) {
    case "SUCCESS":
      return {};
    case "UNAUTHENTICATED":
      return { next: link("/api/v1/authn", "password"), cancel };
    case "PASSWORD_EXPIRED":
      return { next: link("/api/v1/authn/credentials/change_password", "changePassword"), cancel };
    case "MFA_CHALLENGE":
      return { ...challengeLinks(shown.asked, link), prev: link("/api/v1/authn/previous"), cancel };
    case "MFA_ENROLL":
      return { ...enrolLinks(shown.transaction, link), cancel };
    case "MFA_ENROLL_ACTIVATE":
      return { ...activateLinks(shown.enrolling, link), prev: link("/api/v1/authn/previous"), cancel };
    default:
      return { cancel };
  }
}

function challengeLinks(asked: Asked | undefined, link: Link): Links {
  if (!asked) return {};
  const verify = `/api/v1/authn/factors/${isByType(asked) ? FACTOR_NAMES.passkey.factorType : asked.enrolment.id}/verify`;
  const next = link(verify, asked.result === "WAITING" ? "poll" : "verify");
  return { next, resend: [link(`${verify}/resend`, asked.enrolment.kind)] };
}

/** Whoever proved a factor may leave it at that; whoever has none shows the ticket first. */
function enrolLinks({ enrolProof }: TransactionRow, link: Link): Links {
  if (enrolProof === "factor") return { skip: link("/api/v1/authn/skip", "skip") };
  return enrolProof === null ? { next: link("/api/v1/authn/ticket", "ticket") } : {};
}

function activateLinks(enrolling: Enrolling | undefined, link: Link): Links {
  if (!enrolling) return {};
  const { id, kind } = enrolling.enrolment;
  const lifecycle = `/api/v1/authn/factors/${id}/lifecycle`;
  const resend = [link(`${lifecycle}/resend`, kind)];
  if (enrolling.waits) return { next: link(`${lifecycle}/activate/poll`, "poll"), resend };
  return { next: link(`${lifecycle}/activate`, "activate"), ...(isSentKind(kind) ? { resend } : {}) };
}

function factorsShown(status: string, shown: Shown, link: Link) {
  const { enrolments, asked, enrolling, offers = [] } = shown;
  if (status === "MFA_CHALLENGE" && asked) {
    const challenge = shownOf(asked.enrolment, asked.challenge);
    if (isByType(asked)) return { challenge, factors: keysOf(asked).map((key) => factorOf(key, link)) };
    const shownTo = sentTo(asked.enrolment);
    return { factor: { ...factorOf(asked.enrolment, link), ...shownTo, ...(challenge ? { _embedded: { challenge } } : {}) } };
  }
  if (status === "MFA_ENROLL_ACTIVATE" && enrolling) {
    const { enrolment, activation } = enrolling;
    const { id, kind } = enrolment;
    return {
      factor: {
        id,
        ...FACTOR_NAMES[kind],
        kind,
        ...sentTo(enrolment),
        ...(activation && Object.keys(activation).length > 0 ? { _embedded: { activation } } : {}),
      },
    };
  }
  if (status === "MFA_ENROLL") return { factors: offers.map((offer) => offerOf(offer, link)) };
  if (status === "PASSWORD_EXPIRED") return { policy: PASSWORD_POLICY };
  if (status !== "MFA_REQUIRED") return {};
  return { factors: inOrder(enrolments).map((enrolment) => factorOf(enrolment, link)), ...typesOf(enrolments, link) };
}

/** Public clients open with the first: what was used last, then what was set up first; recovery codes, which run out, are for when all else is lost. */
function inOrder(enrolments: EnrolmentRow[]): EnrolmentRow[] {
  const rank = ({ kind }: EnrolmentRow) => (kind === "recovery" ? 1 : 0);
  return enrolments.toSorted((a, b) => rank(a) - rank(b) || (b.lastUsed ?? 0) - (a.lastUsed ?? 0));
}

function offerOf(offer: Offer, link: Link): FactorView {
  const { kind, count } = offer;
  const free = isFree(offer);
  const links = free ? { _links: { enroll: link("/api/v1/authn/factors") } } : {};
  const status = count > 0 ? "ACTIVE" : "NOT_SETUP";
  return {
    ...FACTOR_NAMES[kind],
    kind,
    status,
    enrollment: "OPTIONAL",
    ...(count > 0 && free ? { profiles: [roomFor(count)] } : {}),
    ...links,
  };
}

/** By this the public widget offers one more of a kind: as many as there are, and room for another. */
function roomFor(count: number) {
  const features = [{ type: "adoption", cardinality: { min: 0, max: count + 1 } }];
  return { _embedded: { enrolledFactors: Array.from({ length: count }, () => ({})), features } };
}

/** S13 in the words of the public API: length and no rules of composition. What is common is refused as it is typed. */
const PASSWORD_POLICY = {
  complexity: { minLength: SHORTEST_WITH_FACTOR, minLowerCase: 0, minUpperCase: 0, minNumber: 0, minSymbol: 0, excludeUsername: true },
};

/** Once a code is under way: enough for its owner to know where to look, and in no list of factors. */
function sentTo(enrolment: EnrolmentRow): Pick<FactorView, "profile"> {
  if (enrolment.kind === "email") return { profile: { email: maskMail(targetOf(enrolment)) } };
  return enrolment.kind === "sms" || enrolment.kind === "call" ? { profile: { phoneNumber: maskNumber(targetOf(enrolment)) } } : {};
}

/** In the place of an address or number: the public widget puts it into a sentence, which would have a gap without it. */
const HIDDEN = "•••";

function profileOf(kind: ShownFactor["kind"], data: ShownFactor["data"]): Pick<FactorView, "profile"> {
  if (kind === "passkey") return { profile: { credentialId: data["credentialId"] } };
  if (kind === "email") return { profile: { email: HIDDEN } };
  return kind === "sms" || kind === "call" ? { profile: { phoneNumber: HIDDEN } } : {};
}

/** Nothing that tells of a device, an address or a number: the password alone was proved so far (S16). */
function factorOf({ id, kind, digits, data }: ShownFactor, link: Link): FactorView {
  return {
    id,
    ...(kind === "recovery" ? RECOVERY_SHOWN : FACTOR_NAMES[kind]),
    kind,
    ...(kind === "totp" || isSentKind(kind) ? { digits } : {}),
    ...profileOf(kind, data),
    _links: { verify: link(`/api/v1/authn/factors/${id}/verify`) },
  };
}

/**
 * The signed yes for the host that asked, made after the unit of work that decided was committed: nothing is signed that is not in the log.
 * @param now epoch ms of that unit.
 */
export function signDecision(
  keys: Keys,
  orgUrl: string,
  transaction: TransactionRow,
  user: { id: string; login: string },
  head: LogHead,
  now: number,
): Promise<string> {
  const { hostId, reference, nonce, logonHash } = transaction;
  if (!hostId || !reference || !nonce || !logonHash || transaction.status !== "SUCCESS")
    throw new Error("no decision for a transaction that did not succeed for a host");
  const iat = Math.floor(now / 1000);
  const claims: DecisionClaims = {
    typ: "decision",
    iss: orgUrl,
    aud: hostId,
    reference,
    nonce,
    logonHash,
    user: { id: user.id, login: user.login },
    result: "allow",
    amr: transaction.amr,
    ...(transaction.lastCause === "policy.no-mfa" ? { cause: "policy.no-mfa" as const } : {}),
    head,
    iat,
    exp: iat + LIMITS.decisionSeconds,
  };
  return keys.sign(JWS_TYPES.decision, claims);
}
