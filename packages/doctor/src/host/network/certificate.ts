/** Judges the certificate that was shown: whose it is, by the pin; then chain, name, and dates by the org's time and by this machine's. */
import type { X509Certificate } from "node:crypto";
import { type CauseId, spkiHash } from "@sallyport/contracts";
import type { Seen } from "../../check.ts";
import type { Peer } from "../../probe/handshake.ts";
import { shortName } from "../../probe/handshake.ts";
import { proof, saw } from "../../probe/judge.ts";
import type { OrgTime, Who } from "./answer.ts";
import type { OrgTrust } from "./facts.ts";

export interface Judged {
  host: string;
  trust: OrgTrust | undefined;
  /** This machine's clock, in milliseconds since 1970. */
  now: number;
  time: OrgTime | undefined;
  who: Who;
}

export function judgeCertificate(peer: Peer, judged: Judged): Seen[] {
  const { trust, who } = judged;
  const pinned = leadsToPin(peer, trust);
  if (isElse(who, pinned)) return notTheOrgs(peer);
  // What is wrong with a certificate that is the org's by the pin, is wrong whoever answers.
  const explainedBy: CauseId[] = pinned === true ? [] : ["tls.inspected", "net.captive"];
  const name = `${peer.names}; asked for ${judged.host}`;
  return [
    ...judgeIssuer(peer, judged, pinned),
    saw("tls.name", peer.nameError ? "confirmed" : "ruled-out", "names in the certificate", name, { explainedBy }),
    ...judgeDates(peer.path, judged, explainedBy),
  ];
}

/** The pinned key is in the path that was shown; undefined if none was pinned. */
export function leadsToPin({ path }: Peer, trust: OrgTrust | undefined): boolean | undefined {
  const pin = trust?.pin;
  return pin === undefined ? undefined : path.some((one) => spkiHash(one).startsWith(pin));
}

/** Somebody else altogether answers, and on no machine of the org's. */
export const isElse = (who: Who, pinned: boolean | undefined) => pinned !== true && (who === "stranger" || who === "page");

/** In one line, for evidence. */
export function describePeer({ chain: [leaf], names }: Peer): string {
  return `for ${names || shortName(leaf.subject)}, issued by ${shortName(leaf.issuer)}`;
}

/** Whoever answers is not the org: what is wrong with their certificate is no fault of the org's. */
function notTheOrgs(peer: Peer): Seen[] {
  const causes = ["tls.inspected", "tls.untrusted", "tls.name", "tls.expired", "tls.not-yet"] as const;
  return causes.map((cause) => saw(cause, "unknown", "certificate", `it is of whoever answers instead of the org: ${describePeer(peer)}`));
}

function judgeIssuer(peer: Peer, { trust }: Judged, pinned: boolean | undefined): Seen[] {
  const [leaf] = peer.chain;
  const complaint = peer.chainError;
  const untrusted = () => saw("tls.untrusted", "confirmed", "issuer", `${shortName(leaf.issuer)}: ${whatIsMissing(peer, trust)}`);
  if (pinned === false) {
    // The org's own issuer, but the way up to the pinned key is missing; or a certificate that nobody vouches for.
    const ours = trust?.issuers.includes(leaf.issuer) === true && complaint !== undefined;
    if (ours || leaf.issuer === leaf.subject) return [untrusted()];
    return inspected(peer, trust?.pin ?? "", complaint);
  }
  // The leaf's own key is the pinned one: the handshake proved it, whoever signed the certificate.
  const own = pinned === true && spkiHash(leaf).startsWith(trust?.pin ?? "-");
  return [
    complaint && !own
      ? untrusted()
      : saw("tls.untrusted", "ruled-out", "issuer", own ? "the key is the pinned one" : shortName(leaf.issuer)),
    pinned === true
      ? saw("tls.inspected", "ruled-out", "pin", `the chain leads to the pinned key ${trust?.pin}`)
      : saw("tls.inspected", "unknown", "pin", "this host pinned no key of the org, so that nothing tells another issuer from the org's"),
  ];
}

function inspected(peer: Peer, pin: string, complaint: string | undefined): Seen[] {
  const top = peer.path.at(-1) ?? peer.chain[0];
  const found = `${shortName(top.issuer)}, key ${spkiHash(top).slice(0, 32)}; pinned is ${pin}`;
  return [
    saw("tls.inspected", "confirmed", "the chain ends in", found),
    complaint
      ? saw("tls.untrusted", "confirmed", "issuer", `${shortName(top.issuer)} (${complaint})`)
      : saw("tls.untrusted", "ruled-out", "issuer", `this machine trusts ${shortName(top.issuer)}`),
  ];
}

/** Self-signed, the root, or a link of the chain; where the evidence allows two of them, it says so. */
export function whatIsMissing({ chain, path, chainError: error = "" }: Peer, trust: OrgTrust | undefined): string {
  const [leaf] = chain;
  const top = path.at(-1) ?? leaf;
  if (error === "DEPTH_ZERO_SELF_SIGNED_CERT") return "self-signed: nobody but the server itself vouches for it";
  if (error === "SELF_SIGNED_CERT_IN_CHAIN")
    return `missing root: the server sends the root ${shortName(top.subject)}, and this host does not trust it`;
  if (!/UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY_LEAF/.test(error)) return error;
  const above = shortName(top.issuer);
  const sent = path.length === 1 ? "its own certificate alone" : `${path.length} certificates`;
  if (middleAtEnrolment(top, trust))
    return `missing intermediate: the server sends ${sent}, and ${above}, which led to the root at enrolment, is not sent`;
  if (path.length === 1)
    return `missing intermediate or root: the server sends ${sent}; ${above}, which issued it, is neither sent nor trusted here`;
  return `missing root: the server sends ${sent}; ${above} above them is not trusted here`;
}

/** At enrolment somebody stood above the issuer that is missing now, so that it is an intermediate. */
function middleAtEnrolment(top: X509Certificate, trust: OrgTrust | undefined): boolean {
  const at = trust?.issuers.indexOf(top.issuer) ?? -1;
  return at >= 0 && at < (trust?.issuers.length ?? 0) - 1;
}

interface Dates {
  cause: "tls.expired" | "tls.not-yet";
  /** The day that decides, in milliseconds since 1970. */
  of(one: X509Certificate): number;
  said: string;
  broken(day: number, now: number): boolean;
}

const BOTH: readonly Dates[] = [
  { cause: "tls.expired", of: (one) => Date.parse(one.validTo), said: "valid until", broken: (day, now) => day < now },
  { cause: "tls.not-yet", of: (one) => Date.parse(one.validFrom), said: "valid from", broken: (day, now) => day > now },
];

/** By org time where there is any (S15): a certificate that only this machine's clock finds out of date is not. */
function judgeDates(path: readonly X509Certificate[], { now, time }: Judged, explainedBy: readonly CauseId[]): Seen[] {
  const orgNow = time === undefined ? undefined : now - time.offsetMs;
  return BOTH.map(({ cause, of, said, broken }): Seen => {
    const days = path.map(of);
    const day = cause === "tls.expired" ? Math.min(...days) : Math.max(...days);
    const [byOrg, byHost] = [broken(day, orgNow ?? now), broken(day, now)];
    const evidence = [
      proof("certificate", `${said} ${iso(day)}`),
      proof("time", `${orgNow === undefined ? "" : `org ${iso(orgNow)}, `}this machine ${iso(now)}`),
    ];
    if (byOrg && orgNow === undefined)
      return { cause, verdict: "candidate", evidence: [...evidence, proof("judged by", "this machine's clock alone")] };
    if (!byOrg && byHost) evidence.push(proof("judged by", "only this machine's clock finds it out of date"));
    return { cause, verdict: byOrg ? "confirmed" : "ruled-out", evidence, explainedBy };
  });
}

const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
