/** The org's decision keys that this host trusts: the one it was enrolled with, and those that followed, each signed by the one before. */
import { join } from "node:path";
import { JWS_TYPES, keyLinkClaims, type PublicJwk } from "@sallyport/contracts";
import { describeComplaint, readStrictJson } from "@sallyport/settings";
import { type CryptoKey, calculateJwkThumbprint, importJWK } from "jose";
import * as z from "zod";
import type { Finding } from "../finding.ts";
import { openSigned, type Trusted } from "../signed.ts";
import { readOwnFile, writeAtomically } from "./files.ts";

/** `decision-keys.json`, 0600; absent until the first rotation. `from`, `inForce`: RFC 7638 thumbprints. Each link is checked again. */
const chainFile = z.strictObject({ from: z.string(), links: z.array(z.string()).max(1024), inForce: z.string() });

export interface KnownKey {
  thumbprint: string;
  /** Place in the org's chain; unknown of the one that this host was enrolled with. */
  position: number | undefined;
  key: CryptoKey;
}

export type Taken = { ok: true } | { ok: false; check: string; detail: string };

export class DecisionKeys implements Trusted {
  readonly #file: string;
  /** From the key of the enrolment to the newest one. */
  #chain: KnownKey[];
  #links: string[] = [];
  /** Index of the oldest one that still counts. */
  #inForce = 0;
  #taking: Promise<unknown> = Promise.resolve();

  private constructor(file: string, first: KnownKey) {
    this.#file = file;
    this.#chain = [first];
  }

  /** Causes: `config.unreadable`, `config.exposed`, `config.invalid`. Throws for an `enrolled` that is no P-256 key. */
  static async read(folder: string, enrolled: PublicJwk): Promise<{ ok: true; keys: DecisionKeys } | { ok: false; finding: Finding }> {
    const file = join(folder, "decision-keys.json");
    const keys = new DecisionKeys(file, await knownKey(enrolled));
    const read = readOwnFile(file, { secret: true });
    if (!read.ok) return read.finding.cause === "config.missing" ? { ok: true, keys } : read;
    const parsed = readStrictJson(read.text, chainFile, { file });
    if (!parsed.ok) {
      const [first] = parsed.complaints;
      return invalid(file, first ? describeComplaint(file, first) : "not valid");
    }
    // Of an enrolment before this one: that chain begins with another key.
    if (parsed.value.from !== keys.#chain[0]?.thumbprint) return { ok: true, keys };
    const followed = await followLinks(keys.#chain, parsed.value.links);
    if (!followed.ok) return invalid(file, `${followed.check}: ${followed.detail}`);
    const inForce = followed.chain.findIndex(({ thumbprint }) => thumbprint === parsed.value.inForce);
    if (inForce < 0) return invalid(file, "inForce: none of its keys");
    [keys.#chain, keys.#links, keys.#inForce] = [followed.chain, parsed.value.links, inForce];
    return { ok: true, keys };
  }

  /** Newest first: while the org announces the next key it still signs with the one before. */
  keys(): readonly CryptoKey[] {
    return this.#chain
      .slice(this.#inForce)
      .map(({ key }) => key)
      .reverse();
  }

  /** Thumbprint of the newest one: from here on the org's chain has to go on. */
  newest(): string {
    return this.#chain.at(-1)?.thumbprint ?? "";
  }

  /** The keys that would count if the links were taken; takes none. */
  async after(links: readonly string[]): Promise<(Trusted & { ok: true }) | { ok: false; check: string; detail: string }> {
    const followed = await followLinks(
      this.#chain,
      links.filter((link) => !this.#links.includes(link)),
    );
    if (!followed.ok) return followed;
    const keys = followed.chain
      .slice(this.#inForce)
      .map(({ key }) => key)
      .reverse();
    return { ok: true, keys: () => keys };
  }

  /** Takes the links that follow the newest key, all or none, and keeps them on disk. Throws if the disk refuses; then nothing changed. */
  take(links: readonly string[]): Promise<Taken> {
    // One after the other: several answers of the org may bring the same links at once, and each must be kept once.
    const taken = this.#taking.then(() => this.#takeNew(links));
    this.#taking = taken.catch(() => undefined);
    return taken;
  }

  async #takeNew(links: readonly string[]): Promise<Taken> {
    const news = links.filter((link) => !this.#links.includes(link));
    if (news.length === 0) return { ok: true };
    const followed = await followLinks(this.#chain, news);
    if (!followed.ok) return followed;
    this.#write([...this.#links, ...news], this.#inForce, followed.chain);
    return { ok: true };
  }

  /** The org signs with `key` now: those before it count no more. */
  settle(key: CryptoKey): void {
    const index = this.#chain.findIndex((one) => one.key === key);
    if (index > this.#inForce) this.#write(this.#links, index, this.#chain);
  }

  #write(links: string[], inForce: number, chain: KnownKey[]): void {
    const value = { from: chain[0]?.thumbprint ?? "", links, inForce: chain[inForce]?.thumbprint ?? "" };
    writeAtomically(this.#file, `${JSON.stringify(chainFile.parse(value))}\n`);
    [this.#links, this.#inForce, this.#chain] = [links, inForce, chain];
  }
}

/** Each link by the key before it, naming it, one position further: a forged, swapped or missing one ends it (S20). `check` names what failed. */
export async function followLinks(
  from: readonly KnownKey[],
  links: readonly string[],
): Promise<{ ok: true; chain: KnownKey[] } | { ok: false; check: string; detail: string }> {
  const chain = [...from];
  for (const link of links) {
    const last = chain.at(-1) as KnownKey;
    const opened = await openSigned(link, last.key, JWS_TYPES.key, keyLinkClaims);
    if (!opened.ok) return opened;
    const { previous, position, key } = opened.claims;
    if (previous !== last.thumbprint) return { ok: false, check: "previous", detail: `${previous} instead of ${last.thumbprint}` };
    if (last.position !== undefined && position !== last.position + 1)
      return { ok: false, check: "position", detail: `${position} after ${last.position}` };
    const next = await knownKey(key, position);
    if (chain.some(({ thumbprint }) => thumbprint === next.thumbprint)) return { ok: false, check: "key", detail: "it was there before" };
    chain.push(next);
  }
  return { ok: true, chain };
}

/** Throws for what is no P-256 key. */
export async function knownKey({ kty, crv, x, y }: PublicJwk, position?: number): Promise<KnownKey> {
  const bare = { kty, crv, x, y };
  return { thumbprint: await calculateJwkThumbprint(bare), position, key: (await importJWK(bare, "ES256")) as CryptoKey };
}

function invalid(file: string, reason: string): { ok: false; finding: Finding } {
  return { ok: false, finding: { cause: "config.invalid", evidence: { file, reason } } };
}
