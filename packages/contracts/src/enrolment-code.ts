/** The enrolment code: what one typed text carries to a new host, and where a mistyped one is wrong. */
import { createHash } from "node:crypto";
import { fromSymbols, toSymbols } from "./crockford.ts";
import { checkSymbols, manyWrong, readSymbols, type TypedWrong, writeSealed } from "./typed-text.ts";

export interface EnrolmentCode {
  /** Exact org URL (see `readOrgUrl`). */
  url: string;
  /** 16 random bytes, good for one enrolment. */
  secret: Uint8Array;
  /** First 16 bytes of the SHA-256 thumbprint (RFC 7638) of the org's decision key. */
  decisionKey: Uint8Array;
  /** First 16 bytes of the SHA-256 of the SPKI of the org's certificate or its CA; absent on plain loopback http. */
  pin?: Uint8Array;
}

export type EnrolmentCodeRefused = TypedWrong;

const PREFIX = "SALLY1";
const CHECK_BYTES = 4;

/** Writes a code as `SALLY1-XXXXX-XXXXX-…`. Layout of the bytes: flags, secret, decision key, [pin], host text, 4 bytes of SHA-256. */
export function writeEnrolmentCode(code: EnrolmentCode): string {
  const https = code.url.startsWith("https://");
  const host = new TextEncoder().encode(code.url.replace(/^https?:\/\//, ""));
  const flags = (https ? 1 : 0) | (code.pin ? 2 : 0);
  const body = concat([Uint8Array.of(flags), code.secret, code.decisionKey, code.pin ?? new Uint8Array(0), host]);
  return writeSealed(PREFIX, toSymbols(concat([body, digest(body)])), 5);
}

/** Reads what was typed or pasted. Case, hyphens, spaces and line breaks do not matter; everything else is checked before any network call. */
export function readEnrolmentCode(typed: string): { ok: true; code: EnrolmentCode } | EnrolmentCodeRefused {
  const read = readSymbols(typed, { prefix: PREFIX, called: "an enrolment code", skipped: /[\t\n\v\f\r -]/ });
  if (!read.ok) return read;
  const { data, broken } = checkSymbols(read.symbols);
  const code = unpack(fromSymbols(data));
  if (!broken)
    return code ? { ok: true, code } : { ok: false, reason: "the code is not complete: its end is missing, or parts of it are swapped" };
  // The repaired text is only used to tell whether the blamed character is surely the one; it is never accepted.
  return code || broken.between ? broken : { ...manyWrong(1, typed.length), reason: "several characters of the code are wrong" };
}

/** The public name of a code: what the host sends so that the org can find it without seeing the secret. */
export function enrolmentCodeId(secret: Uint8Array): string {
  return createHash("sha256").update("sallyport enrolment code id").update(secret).digest("hex").slice(0, 24);
}

function unpack(bytes: Uint8Array): EnrolmentCode | undefined {
  const flags = bytes[0] ?? 255;
  const pinEnd = flags & 2 ? 49 : 33;
  if (flags > 3 || bytes.length < pinEnd + 1 + CHECK_BYTES) return undefined;
  const body = bytes.subarray(0, bytes.length - CHECK_BYTES);
  const check = bytes.subarray(bytes.length - CHECK_BYTES);
  if (!Buffer.from(digest(body)).equals(check)) return undefined;
  const host = new TextDecoder().decode(body.subarray(pinEnd));
  return {
    url: `${flags & 1 ? "https" : "http"}://${host}`,
    secret: body.slice(1, 17),
    decisionKey: body.slice(17, 33),
    ...(flags & 2 ? { pin: body.slice(33, 49) } : {}),
  };
}

function digest(body: Uint8Array): Uint8Array {
  return createHash("sha256").update(body).digest().subarray(0, CHECK_BYTES);
}

function concat(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
