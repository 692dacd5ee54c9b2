/** The enrolment code: what one typed text carries to a new host, and where a mistyped one is wrong. */
import { createHash } from "node:crypto";
import { CROCKFORD, crockfordValue, fromSymbols, toSymbols } from "./crockford.ts";
import { BLOCK_DATA, BLOCK_LENGTH, checkBlock, sealBlock } from "./enrolment-code-blocks.ts";
import { nameCharacter } from "./odd-characters.ts";

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

export interface EnrolmentCodeRefused {
  ok: false;
  reason: string;
  /** 1-based position in the text as typed, when one character is to blame. */
  position?: number;
  /** 1-based first and last position of the stretch that holds the mistake, when more than one character is wrong. */
  between?: [number, number];
}

const PREFIX = "SALLY1";
const CHECK_BYTES = 4;

/** Writes a code as `SALLY1-XXXXX-XXXXX-…`. Layout of the bytes: flags, secret, decision key, [pin], host text, 4 bytes of SHA-256. */
export function writeEnrolmentCode(code: EnrolmentCode): string {
  const https = code.url.startsWith("https://");
  const host = new TextEncoder().encode(code.url.replace(/^https?:\/\//, ""));
  const flags = (https ? 1 : 0) | (code.pin ? 2 : 0);
  const body = concat([Uint8Array.of(flags), code.secret, code.decisionKey, code.pin ?? new Uint8Array(0), host]);
  const symbols = toSymbols(concat([body, digest(body)]));
  let text = "";
  for (let i = 0; i < symbols.length; i += BLOCK_DATA) {
    for (const symbol of sealBlock(symbols.slice(i, i + BLOCK_DATA))) text += CROCKFORD[symbol];
  }
  return [PREFIX, ...(text.match(/.{1,5}/g) ?? [])].join("-");
}

/** Reads what was typed or pasted. Case, hyphens, spaces and line breaks do not matter; everything else is checked before any network call. */
export function readEnrolmentCode(typed: string): { ok: true; code: EnrolmentCode } | EnrolmentCodeRefused {
  const read = readSymbols(typed);
  if (!read.ok) return read;
  const data: number[] = [];
  let broken: EnrolmentCodeRefused | undefined;
  for (let i = 0; i < read.symbols.length; i += BLOCK_LENGTH) {
    const block = read.symbols.slice(i, i + BLOCK_LENGTH);
    const checked = checkBlock(block.map((s) => s.value));
    const first = block[0]?.position ?? 1;
    const last = block.at(-1)?.position ?? 1;
    if (checked.fault === "one" && !broken) broken = oneWrong(block[checked.index], first, last);
    if (checked.fault === "many" && !broken) broken = manyWrong(first, last);
    data.push(...checked.data);
  }
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

interface TypedSymbol {
  value: number;
  position: number;
  character: string;
}

function readSymbols(typed: string): { ok: true; symbols: TypedSymbol[] } | EnrolmentCodeRefused {
  const characters = [...typed];
  const symbols: TypedSymbol[] = [];
  let prefix = "";
  for (const [index, character] of characters.entries()) {
    if (/[\s-]/.test(character) && character !== "\ufeff" && character !== "\u00a0") continue;
    if (prefix.length < PREFIX.length) {
      prefix += character.toUpperCase();
      if (!PREFIX.startsWith(prefix)) return { ok: false, reason: `an enrolment code begins with ${PREFIX}-`, position: index + 1 };
      continue;
    }
    const value = crockfordValue(character);
    if (value < 0) {
      return { ok: false, reason: `character ${index + 1} is a ${nameCharacter(character)}; a code has none`, position: index + 1 };
    }
    symbols.push({ value, position: index + 1, character });
  }
  if (symbols.length === 0) return { ok: false, reason: "the code is empty" };
  return { ok: true, symbols };
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

function oneWrong(symbol: TypedSymbol | undefined, first: number, last: number): EnrolmentCodeRefused {
  if (!symbol) return manyWrong(first, last);
  return { ok: false, reason: `character ${symbol.position} (“${symbol.character}”) is wrong`, position: symbol.position };
}

function manyWrong(first: number, last: number): EnrolmentCodeRefused {
  return { ok: false, reason: `something is wrong between character ${first} and ${last}`, between: [first, last] };
}

function digest(body: Uint8Array): Uint8Array {
  return createHash("sha256").update(body).digest().subarray(0, CHECK_BYTES);
}

function concat(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
