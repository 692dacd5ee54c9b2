/** Judges a time-based one-time password (RFC 6238). Pure: single use is the caller's, by consuming the step that is named here. */
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import type { TotpAlgorithm } from "@sallyport/contracts";
import { HOTP, Secret, TOTP, URI } from "otpauth";

/** Bytes of a new shared secret: as long as the hash, as RFC 6238 §3 R6 and RFC 4226 §4 R6 ask; never below 160 bit (S7). */
export const TOTP_SECRET_BYTES: Record<TotpAlgorithm, number> = { SHA1: 20, SHA256: 32, SHA512: 64 };

export interface TotpInput {
  secret: Uint8Array;
  digits: number;
  algorithm: TotpAlgorithm;
  /** Seconds. */
  period: number;
  /** Steps that this device was seen to be ahead (+) or behind (−). */
  drift: number;
  /** The org's time, epoch ms. */
  now: number;
  /** Digits as typed, spaces already taken out. */
  code: string;
}

export type TotpVerdict =
  | { kind: "malformed" }
  /** Inside the window. The caller must consume `step` first; `drift` is what the device is off by now. */
  | { kind: "match"; step: number; drift: number }
  /** Only found in the wide window: refused, and `step` must be burnt. `steps`: how far off, with its sign. */
  | { kind: "outside"; step: number; steps: number }
  | { kind: "wrong" };

/** S5: one step to either side of where the device stands. */
const WINDOW = 1;
/** S5: looked at only to say that the device's clock is off. */
const WIDE_WINDOW = 10;
/** S6: a device may drift this many steps and no further; beyond it a person must re-sync. */
const MOST_DRIFT = 2;
/** No code of a later step than this many after the present one was ever accepted, however far its device had drifted. */
export const MOST_STEPS_AHEAD = MOST_DRIFT + WINDOW;

/**
 * Looks at the inner window first: a right code costs at most three HMACs. The time taken tells an observer no more than the answer does,
 * since a right code is answered at once anyway; within each window every candidate is compared, in constant time (S26).
 */
export function judgeTotp(input: TotpInput): TotpVerdict {
  if (!new RegExp(`^[0-9]{${input.digits}}$`).test(input.code)) return { kind: "malformed" };
  const present = Math.floor(input.now / 1000 / input.period);
  const drift = clampDrift(input.drift);
  const inner = find(input, present + drift, steps(-WINDOW, WINDOW));
  if (inner !== undefined) return { kind: "match", step: inner, drift: clampDrift(inner - present) };
  const wide = find(
    input,
    present,
    steps(-WIDE_WINDOW, WIDE_WINDOW).filter((distance) => Math.abs(distance - drift) > WINDOW),
  );
  return wide === undefined ? { kind: "wrong" } : { kind: "outside", step: wide, steps: wide - present };
}

export type ResyncVerdict =
  /** The caller must consume both steps first; `drift` is what the device is off by. */
  | { kind: "synced"; steps: [number, number]; drift: number }
  /** Two codes of one device that is further off than a drift may be. Both steps must be burnt. */
  | { kind: "too-far"; steps: [number, number]; drift: number }
  /** `seen`: the steps that were recognised all the same, to be burnt (S5). */
  | { kind: "wrong"; seen: number[] };

/** Re-sync (S6): two codes of consecutive steps within the wide window say where a device's clock stands. */
export function resync(input: Omit<TotpInput, "code">, first: string, second: string): ResyncVerdict {
  const present = Math.floor(input.now / 1000 / input.period);
  const near = steps(-WIDE_WINDOW, WIDE_WINDOW);
  const step = find({ ...input, code: first }, present, near);
  if (step === undefined || find({ ...input, code: second }, step + 1, [0]) === undefined) {
    const other = find({ ...input, code: second }, present, near);
    return { kind: "wrong", seen: [step, other].filter((one) => one !== undefined) };
  }
  // The second code is the one on the screen now, or the one just before it.
  const drift = step + 1 - present;
  return { kind: Math.abs(drift) > MOST_DRIFT ? "too-far" : "synced", steps: [step, step + 1], drift };
}

/** `otpauth://totp/…` for authenticator apps (Key URI format). */
export function otpauthUri(input: {
  secret: Uint8Array;
  issuer: string;
  account: string;
  digits: number;
  period: number;
  algorithm: string;
}): string {
  const { secret, issuer, account, ...rest } = input;
  return URI.stringify(new TOTP({ ...rest, issuer, label: account, secret: secretOf(secret) }));
}

/** The secret as people type it: RFC 4648 base32 without padding. */
export function base32(secret: Uint8Array): string {
  return secretOf(secret).base32;
}

/** Every candidate is compared; the nearest to the centre wins if two steps share a code. */
function find(input: TotpInput, centre: number, distances: number[]): number | undefined {
  const secret = secretOf(input.secret);
  // One key for all candidates: to make it takes longer than an HMAC.
  const key = createSecretKey(input.secret);
  const hmac = (algorithm: string, _: Uint8Array, message: Uint8Array) => createHmac(algorithm, key).update(message).digest();
  const typed = Buffer.from(input.code);
  let found: number | undefined;
  for (const distance of distances) {
    const counter = centre + distance;
    if (counter < 0) continue;
    const candidate = HOTP.generate({ secret, algorithm: input.algorithm, digits: input.digits, counter, hmac });
    if (candidate.length === typed.length && timingSafeEqual(Buffer.from(candidate), typed) && found === undefined) found = counter;
  }
  return found;
}

/** From the middle outwards: 0, −1, +1, −2, … */
function steps(from: number, to: number): number[] {
  const all = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return all.sort((a, b) => Math.abs(a) - Math.abs(b) || a - b);
}

function clampDrift(steps: number): number {
  return Math.max(-MOST_DRIFT, Math.min(MOST_DRIFT, steps));
}

function secretOf(bytes: Uint8Array): Secret {
  return new Secret({ buffer: Uint8Array.from(bytes).buffer });
}
