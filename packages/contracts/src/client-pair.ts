/** Client id and secret: the pair by which machines of an app register themselves, and where a mistyped one is wrong. */
import { createHash } from "node:crypto";
import * as z from "zod";
import { fromSymbols, toSymbols } from "./crockford.ts";
import { checkSymbols, readSymbols, type TypedForm, type TypedWrong, writeSealed } from "./typed-text.ts";

/** 10 random bytes, 16 symbols and 2 check characters in groups of six: `SALLYID-XXXXXX-XXXXXX-XXXXXX`. */
export const CLIENT_ID_BYTES = 10;
/** HS256 needs a key of 256 bits (RFC 7518 §3.2). */
export const CLIENT_SECRET_BYTES = 32;
const CHECK_BYTES = 3;
const ID_SYMBOLS = 18;
const SECRET_SYMBOLS = 62;

const ID: TypedForm = { prefix: "SALLYID", called: "a client id", skipped: /-/ };
const SECRET: TypedForm = { prefix: "SALLYSECRET", called: "a client secret", skipped: /-/ };

/** Exactly as issued: what crosses the wire was read by `readClientId` before. */
export const clientId = z.string().regex(/^SALLYID(-[0-9A-HJKMNP-TV-Z]{6}){3}$/, "a client id such as SALLYID-…, as it was given out");

export function writeClientId(random: Uint8Array): string {
  return writeSealed(ID.prefix, toSymbols(random), 6);
}

/** The secret with three bytes of its SHA-256, so that swapped or repeated parts show as well. */
export function writeClientSecret(secret: Uint8Array): string {
  return writeSealed(SECRET.prefix, toSymbols(Uint8Array.from([...secret, ...digest(secret)])), 6);
}

/**
 * Reads an id as typed or pasted. Case, hyphens, and plain white space or a pair of plain quotes around it do not matter; everything
 * else is refused with its position in `typed` and the name of the character.
 */
export function readClientId(typed: string): { ok: true; id: string } | TypedWrong {
  const read = readWhole(typed, ID, ID_SYMBOLS);
  return read.ok ? { ok: true, id: writeClientId(read.bytes) } : read;
}

/** As `readClientId`. A refusal never quotes a character that may be part of the secret. */
export function readClientSecret(typed: string): { ok: true; secret: Uint8Array } | TypedWrong {
  const read = readWhole(typed, SECRET, SECRET_SYMBOLS);
  if (!read.ok) return unquoted(read);
  const secret = read.bytes.slice(0, CLIENT_SECRET_BYTES);
  const check = read.bytes.slice(CLIENT_SECRET_BYTES);
  if (Buffer.from(digest(secret)).equals(check)) return { ok: true, secret };
  return { ok: false, reason: "parts of the client secret are swapped or come from another one" };
}

function readWhole(typed: string, form: TypedForm, length: number): { ok: true; bytes: Uint8Array } | TypedWrong {
  const { inner, before } = unwrap(typed);
  const read = readSymbols(inner, form);
  if (!read.ok) return shifted(read, before);
  const { data, broken } = checkSymbols(read.symbols);
  if (read.symbols.length !== length) {
    const what = read.symbols.length < length ? "something is missing" : "there is something too much";
    return { ok: false, reason: `${form.called} has ${length} characters after ${form.prefix}, this one ${read.symbols.length}: ${what}` };
  }
  return broken ? shifted(broken, before) : { ok: true, bytes: fromSymbols(data) };
}

/** Takes off what a file or a shell puts around a value: ASCII white space, and one pair of plain quotes. `before`: characters in front. */
function unwrap(typed: string): { inner: string; before: number } {
  const start = /^[\t\n\r ]*/.exec(typed)?.[0].length ?? 0;
  const bare = typed.slice(start).replace(/[\t\n\r ]+$/, "");
  const quoted = /^(["'])(.*)\1$/s.exec(bare);
  return quoted ? { inner: quoted[2] ?? "", before: start + 1 } : { inner: bare, before: start };
}

/** Places are counted in the text as typed, not in what is left of it. */
function shifted(wrong: TypedWrong, before: number): TypedWrong {
  if (before === 0) return wrong;
  const { position, between, reason } = wrong;
  return {
    ...wrong,
    reason: reason
      .replace(/^character \d+/, `character ${(position ?? 0) + before}`)
      .replace(/between character \d+ and \d+/, `between character ${(between?.[0] ?? 0) + before} and ${(between?.[1] ?? 0) + before}`),
    ...(position === undefined ? {} : { position: position + before }),
    ...(between === undefined ? {} : { between: [between[0] + before, between[1] + before] }),
  };
}

/** `“7”` in a reason could be a true character of the secret: only what no secret has is named. */
function unquoted(wrong: TypedWrong): TypedWrong {
  const { character, ...rest } = wrong;
  if (character !== undefined && !/^“[ -~]”$/.test(character)) return wrong;
  return {
    ...rest,
    reason: rest.reason.replace(/ \(“.”\)/, "").replace(/is a “.”; a client secret has none/, "is one that no client secret has"),
  };
}

function digest(secret: Uint8Array): Uint8Array {
  return createHash("sha256").update("sallyport client secret").update(secret).digest().subarray(0, CHECK_BYTES);
}
