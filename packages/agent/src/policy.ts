/** The signed policy of this host: taken in only if it is no older than the last, asked for exclusions and permits. */
import { join } from "node:path";
import { type AccountFrame, type BeginFrame, type HostPolicyClaims, hostPolicyClaims, JWS_TYPES } from "@sallyport/contracts";
import type { CryptoKey } from "jose";
import type { OrgClock } from "./clock.ts";
import type { Finding } from "./finding.ts";
import { openSigned, type Trusted } from "./signed.ts";
import { readOwnFile, writeAtomically } from "./state/files.ts";
import type { HostState } from "./state/host-state.ts";

export type Account = Pick<BeginFrame["begin"], "username" | "domain" | "sid" | "uid" | "groups">;

interface PolicyParts {
  folder: string;
  host: string;
  key: CryptoKey | Trusted;
  clock: OrgClock;
  state: HostState;
}

export class PolicyStore {
  #parts: PolicyParts;
  #held: HostPolicyClaims | undefined;
  constructor(parts: PolicyParts) {
    this.#parts = parts;
  }

  get #file(): string {
    return join(this.#parts.folder, "policy.jws");
  }

  /** Reads what was kept on disk. A missing file is no finding: the first self-check brings one. */
  async load(): Promise<Finding | undefined> {
    const read = readOwnFile(this.#file, { secret: true });
    if (!read.ok) return read.finding.cause === "config.missing" ? undefined : read.finding;
    const judged = await this.#judge(read.text.trim());
    if (!judged.ok) return { cause: "config.invalid", evidence: { file: this.#file, reason: `${judged.check}: ${judged.detail}` } };
    this.#held = judged.policy;
    return undefined;
  }

  /** Takes a newer or equal policy in and keeps it. Throws if the disk refuses; then the old one stays in force. */
  async accept(jws: string): Promise<{ ok: true } | { ok: false; check: string; detail: string }> {
    const judged = await this.#judge(jws);
    if (!judged.ok) return judged;
    writeAtomically(this.#file, `${jws}\n`);
    if (judged.policy.version > this.#parts.state.value.policyVersion) this.#parts.state.update({ policyVersion: judged.policy.version });
    this.#held = judged.policy;
    return { ok: true };
  }

  /** The policy in force: signed, for this host, not expired by org time. */
  current(): HostPolicyClaims | undefined {
    const now = this.#parts.clock.now();
    return this.#held && now !== undefined && this.#held.exp * 1000 > now ? this.#held : undefined;
  }

  /**
   * The newest that was taken in, also where its time is over or nobody knows the time: for what has a proof of its own and is there for an
   * org that is away. Never for what lets in without any.
   */
  latest(): HostPolicyClaims | undefined {
    return this.#held;
  }

  async #judge(jws: string): Promise<{ ok: true; policy: HostPolicyClaims } | { ok: false; check: string; detail: string }> {
    const opened = await openSigned(jws, this.#parts.key, JWS_TYPES.policy, hostPolicyClaims);
    if (!opened.ok) return opened;
    const { claims } = opened;
    if (claims.host !== this.#parts.host) return { ok: false, check: "host", detail: `it is for ${claims.host}` };
    const least = Math.max(this.#parts.state.value.policyVersion, this.#held?.version ?? -1);
    if (claims.version < least) return { ok: false, check: "version", detail: `${claims.version} after ${least}` };
    if (this.#held && claims.version === this.#held.version && claims.iat < this.#held.iat) {
      return { ok: false, check: "iat", detail: "older than the one held" };
    }
    return { ok: true, policy: claims };
  }
}

/**
 * The exclusion that this account falls under. Uid, SID and name are compared exactly, as the operating system resolved them; a SID may
 * be that of the account or of a group that it is in. An
 * exclusion that names several must match in all, one that names none matches nobody. A name with a domain is `DOMAIN\name`.
 */
export function findExclusion(policy: HostPolicyClaims | undefined, account: Account): { reason: string } | undefined {
  const name = account.domain === undefined ? account.username : `${account.domain}\\${account.username}`;
  return policy?.exclusions.find((one) => {
    if (one.uid === undefined && one.sid === undefined && one.name === undefined) return false;
    const uid = one.uid === undefined || one.uid === account.uid;
    const sid = one.sid === undefined || one.sid === account.sid || (account.groups?.includes(one.sid) ?? false);
    return uid && sid && (one.name === undefined || one.name === name);
  });
}

/** True if policy allows this way in without a decision of this logon. */
export function isPermitted(policy: HostPolicyClaims, account: AccountFrame["account"]): boolean {
  return policy.permits.some(
    (one) =>
      one.service === account.service && one.method === account.method && (one.users === undefined || one.users.includes(account.username)),
  );
}
