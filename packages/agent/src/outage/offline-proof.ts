/** Offline codes of one account at this machine: a secret of their own, counted, and each used up on the disk before it lets in. */
import { randomBytes } from "node:crypto";
import type { CauseId, OfflineRight } from "@sallyport/contracts";
import * as z from "zod";
import type { Evidence } from "../finding.ts";
import { AccountFiles } from "./account-files.ts";
import { matchingStep } from "./totp.ts";
import { NO_TRIES, type TimeAfter, takeTry, triesShape } from "./tries.ts";

/** S1: then they are dead until the next logon with the org. */
export const OFFLINE_CAP = 20;
const DAY_MS = 86_400_000;
/** Whoever wants none is not asked at each logon. */
const ASK_AGAIN_MS = 30 * DAY_MS;

/** `secret`: 20 bytes, base64url; absent: the person wanted none, at `at`. Times in epoch ms. */
const proofFile = z.strictObject({
  v: z.literal(1),
  account: z.string(),
  at: z.int(),
  secret: z.string().length(27).optional(),
  lastOnline: z.int(),
  used: z.int().min(0),
  lastStep: z.int(),
  ...triesShape,
});
type Proof = z.infer<typeof proofFile>;

export type OfflineVerdict =
  | { kind: "right"; evidence: Evidence }
  /** `again`: another code may be typed at this prompt. */
  | { kind: "no"; cause: CauseId; evidence: Evidence; again: boolean };

export class OfflineProofs {
  #files: AccountFiles<typeof proofFile>;
  constructor(state: string) {
    this.#files = new AccountFiles(state, "offline", proofFile);
  }

  has(account: string): boolean {
    return this.#files.read(account)?.secret !== undefined;
  }

  /** Whether to offer them. @param now org time, epoch ms. */
  mayOffer(account: string, now: number): boolean {
    const proof = this.#files.read(account);
    return proof === undefined || (proof.secret === undefined && now > proof.at + ASK_AGAIN_MS);
  }

  decline(account: string, now: number): void {
    this.#files.write(account, { ...blank(account, now) });
  }

  /** A secret that was confirmed by the code of `step`, which is used up by that. */
  keep(account: string, secret: Uint8Array, step: number, now: number): void {
    this.#files.write(account, { ...blank(account, now), secret: Buffer.from(secret).toString("base64url"), lastStep: step });
  }

  /** After a logon that the org let in with a factor: the count begins anew, and its time takes the place of what this machine's clock said (S15). A used step stays used. */
  renew(account: string, now: number): void {
    const proof = this.#files.read(account);
    if (proof?.secret === undefined) return;
    this.#files.write(account, { ...proof, ...NO_TRIES, lastOnline: now, used: 0, latest: now });
  }

  /** Why no code is even asked for; `undefined` if one may be typed. */
  standsBy(account: string, right: OfflineRight, timeAfter: TimeAfter): Extract<OfflineVerdict, { kind: "no" }> | undefined {
    const proof = this.#files.read(account);
    return proof?.secret === undefined ? undefined : judgeRight(proof, right, timeAfter(proof.latest));
  }

  /**
   * Nothing is awaited in between: of two logons with one code one is let in. The try, and in the end the step and the use, are on the disk
   * before the answer is given.
   */
  judge(account: string, right: OfflineRight, code: string, timeAfter: TimeAfter): OfflineVerdict {
    const proof = this.#files.read(account);
    if (proof?.secret === undefined) return no("factor.none", { user: account }, false);
    const now = timeAfter(proof.latest);
    const barred = judgeRight(proof, right, now);
    if (barred) return barred;
    const taken = takeTry(proof, now);
    if (taken.kind === "wait") return no("factor.throttled", { waitSeconds: taken.seconds, failures: proof.failures }, true);
    const tried: Proof = { ...proof, ...taken.tries };
    this.#files.write(account, tried);
    const step = matchingStep(Buffer.from(proof.secret, "base64url"), code, now);
    if (step === undefined) return no("factor.code-wrong", { failures: tried.failures }, true);
    if (step <= proof.lastStep) return no("factor.code-used", { step, failures: tried.failures }, true);
    const used = proof.used + 1;
    this.#files.write(account, { ...tried, ...NO_TRIES, latest: now, used, lastStep: step });
    return { kind: "right", evidence: { user: account, used, granted: right.uses, lastOnline: iso(proof.lastOnline) } };
  }
}

export function newSecret(): Uint8Array {
  return randomBytes(20);
}

function judgeRight(proof: Proof, right: OfflineRight, now: number): Extract<OfflineVerdict, { kind: "no" }> | undefined {
  const user = proof.account;
  const expires = proof.lastOnline + right.days * DAY_MS;
  const lastOnline = iso(proof.lastOnline);
  if (now > expires) return no("factor.offline-expired", { user, issuedAt: iso(proof.at), expiredAt: iso(expires), lastOnline }, false);
  if (proof.used >= right.uses) return no("factor.offline-spent", { user, used: proof.used, granted: right.uses, lastOnline }, false);
  if (proof.failures >= OFFLINE_CAP) return no("factor.locked", { failures: proof.failures }, false);
  return undefined;
}

function blank(account: string, now: number): Proof {
  return { v: 1, account, at: now, lastOnline: now, used: 0, lastStep: 0, ...NO_TRIES, latest: now };
}

function no(cause: CauseId, evidence: Evidence, again: boolean): Extract<OfflineVerdict, { kind: "no" }> {
  return { kind: "no", cause, evidence, again };
}

const iso = (ms: number) => new Date(ms).toISOString();
