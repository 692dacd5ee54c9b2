/** What the flows need of the stored keys and tokens of the org itself, of leases between nodes, and of what a restore ends. */
import type { PublicJwk, Role } from "@sallyport/contracts";
import type { Page } from "./store.ts";

/** What a restore ends (S37): everything that may have been used, revoked or moved on between the backup and now. Each answers how many. */
export interface RestoreStore {
  /** Decisions that were fetched once cannot be fetched again. */
  endSucceeded(now: number): Promise<number>;
  /** Enrolment codes of hosts that were open. */
  endCodes(now: number): Promise<number>;
  endLinks(): Promise<number>;
  /** Recovery codes that were not used: whether they were since, nobody knows. Their enrolments stay. */
  endRecoveryCodes(now: number): Promise<number>;
  /** Bypass codes that were open. */
  endBypassCodes(now: number): Promise<number>;
  endTokens(now: number): Promise<number>;
  /** Challenges, links to approve and session tokens that were open: whether they were answered since, nobody knows. */
  endChallenges(now: number): Promise<number>;
  /** Enrolment windows that were open. */
  endTickets(now: number): Promise<number>;
  /** Browsers that were signed in: one of them may have been signed out since. */
  endSessions(now: number): Promise<number>;
  /** What waited to be sent: it may have been sent since. */
  endOutbox(now: number): Promise<number>;
  /** Clients that could still register hosts: from now on at their cap. What signs with their secret goes on. */
  endRegistrations(): Promise<number>;
  /** No time step up to `ahead` steps after `now` counts any more. */
  refuseSteps(now: number, ahead: number): Promise<number>;
  /** The next generation that a host brings counts, and no assertion that it signed before `now`. */
  forgetGenerations(now: number): Promise<number>;
  /** Hosts refuse a lower version of their policy than they have seen. */
  raisePolicies(by: number): Promise<number>;
}

export interface TokenRow {
  id: string;
  name: string;
  role: Role;
  /** SHA-256 hex of the token (256 random bits, so that a plain hash is enough). */
  hash: string;
  created: number;
  createdBy: string;
  expires: number | null;
  lastUsed: number | null;
  revoked: number | null;
  /** A token of a SCIM source: it works for this source's people and groups and for nothing else. */
  source: string | null;
}

export interface DecisionKeyRow {
  kid: string;
  publicJwk: PublicJwk;
  /** Empty once the key signs no more: nothing of it is kept that could leak. */
  sealedPrivate: string;
  created: number;
  /** `next`: announced to the hosts, signs nothing yet. */
  status: "current" | "next" | "retired" | "revoked";
  /** Place in the chain, 1 is the first. */
  position: number;
  /** JWS by the key before it; null for a first key, and for one that took the place of a compromised one. */
  link: string | null;
  /** Since when it signs; null if it does not yet. */
  inForce: number | null;
}

/** Where sealed secrets are stored. With an id, also the context that each is sealed in: `enrolment:enr_…`. */
export const SEALED_PLACES = ["enrolment", "host-code", "client-secret", "decision-key", "source", "outbox", "setting"] as const;
export type SealedPlace = (typeof SEALED_PLACES)[number];

/** Keys and tokens of the org itself. */
export interface SecretsStore {
  insertToken(token: TokenRow): Promise<void>;
  tokenByHash(hash: string): Promise<TokenRow | undefined>;
  tokenById(id: string): Promise<TokenRow | undefined>;
  listTokens(page: Page): Promise<TokenRow[]>;
  updateToken(id: string, change: Partial<Pick<TokenRow, "lastUsed" | "revoked">>): Promise<void>;
  /** Decision keys in the order of their positions. */
  decisionKeys(): Promise<DecisionKeyRow[]>;
  insertDecisionKey(key: DecisionKeyRow): Promise<void>;
  /** Changes a key only while it stands where the caller thinks; false if someone was faster. One statement. */
  moveDecisionKey(
    kid: string,
    from: DecisionKeyRow["status"],
    change: Partial<Pick<DecisionKeyRow, "status" | "sealedPrivate" | "inForce">>,
  ): Promise<boolean>;
  /** In the order of their ids; those sealed with any key, and empty ones. */
  sealedAfter(place: SealedPlace, afterId: string, limit: number): Promise<{ id: string; sealed: string }[]>;
  /** Only if it still is what the caller read; false if someone was faster. One statement. */
  replaceSealed(place: SealedPlace, id: string, from: string, to: string): Promise<boolean>;
  /** How many are sealed with this key, in all places. */
  countSealed(keyId: string): Promise<number>;
  /** Small facts of the org: `url`, `sealing-key-id`, `set-up-at` … */
  meta(key: string): Promise<string | undefined>;
  setMeta(key: string, value: string): Promise<void>;
  dropMeta(key: string): Promise<void>;
  /** Of several nodes that set a fact for the first time one wins: answers the value that stands. */
  claimMeta(key: string, value: string): Promise<string>;
  /** One-time links (set-up): hash, purpose, expiry. `consumeLink` is single use (S4), one statement. */
  insertLink(link: { hash: string; purpose: string; expires: number }): Promise<void>;
  consumeLink(hash: string, purpose: string, now: number): Promise<boolean>;
  linkExists(hash: string, purpose: string, now: number): Promise<boolean>;
}

/**
 * Who alone does something, by the database's clock. A fence is a number that rises with every new holder: whoever comes back late has
 * an old one. Each call is one statement.
 */
export interface LeasesStore {
  /** Takes a lease that nobody holds at `now` (epoch ms) for `ms`; answers its fence, or undefined while somebody holds it. */
  take(name: string, holder: string, now: number, ms: number): Promise<number | undefined>;
  /** Moves the end of one's own lease, also to now; false once somebody else has taken it, or if a failover has forgotten it. */
  renew(name: string, own: { holder: string; fence: number }, until: number): Promise<boolean>;
  /** Known leases with this beginning of the name that nobody holds at `now`. */
  free(prefix: string, now: number): Promise<string[]>;
  /** Ends all leases with this beginning of the name, whoever holds them: nobody can take one over, or renew it. */
  forget(prefix: string): Promise<void>;
}
