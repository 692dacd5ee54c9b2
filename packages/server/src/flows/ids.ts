/** Random names: ids with a readable prefix, and 128-bit values. All from the system's CSPRNG (S12). */
import { randomBytes } from "node:crypto";
import { STATE_TOKEN_PREFIX } from "@sallyport/contracts";

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

export type IdPrefix =
  | "usr"
  | "grp"
  | "app"
  | "hst"
  | "enr"
  | "trx"
  | "evt"
  | "tok"
  | "sec"
  | "dup"
  | "run"
  | "byp"
  | "tkt"
  | "chl"
  | "stp"
  | "out"
  | "ses";

/** `hst_` and 20 letters or digits (119 bit): the prefix tells a reader of a log what it names. */
export function newId(prefix: IdPrefix): string {
  let text = "";
  while (text.length < 20) {
    const byte = nextByte();
    // 248 = 4 × 62: larger bytes would favour the first letters.
    if (byte < 248) text += LETTERS[byte % 62];
  }
  return `${prefix}_${text}`;
}

/** Random bytes are fetched in pages: a call to the system for each id costs more than the rest of it. Used ones are never used again. */
let page = randomBytes(4096);
let used = 0;

function nextByte(): number {
  if (used === page.length) {
    page = randomBytes(page.length);
    used = 0;
  }
  return page[used++] ?? 0;
}

/** 128 random bits, base64url, 22 characters. */
export function random128(): string {
  return randomBytes(16).toString("base64url");
}

/** 256 random bits, base64url, 43 characters. */
export function random256(): string {
  return randomBytes(32).toString("base64url");
}

/** A state token of 256 bits. @param bits random; or of a secret hash, so that one request has one token. */
export function newStateToken(bits: Uint8Array = randomBytes(32)): string {
  return `${STATE_TOKEN_PREFIX}${Buffer.from(bits).toString("base64url")}`;
}
