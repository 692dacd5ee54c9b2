/** Opens what the org signed: a pinned key, one algorithm, one type, one strict shape (S20). */
import { type CryptoKey, compactVerify, errors } from "jose";
import type * as z from "zod";
import { describeError } from "./finding.ts";

/** `by`: the key that the signature holds under. */
export type Signed<T> = { ok: true; claims: T; by: CryptoKey } | { ok: false; check: string; detail: string };

/** Pinned keys, of which each counts: several only while the org passes from one to the next. */
export interface Trusted {
  keys(): readonly CryptoKey[];
}

/** Header parameters that a signature of the org may have. One that brings its own key (`jwk`, `x5c`, `jku` …) is refused, not ignored. */
const HEADER = new Set(["alg", "typ", "kid"]);

/**
 * Verifies a compact JWS by `key`, or by one of the trusted keys, with ES256 and header `typ`, and reads its claims by the strict `schema`.
 * `check` names what failed: `form`, `header`, `typ`, `alg`, `signature`, `claims`.
 */
export async function openSigned<S extends z.ZodType>(
  jws: string,
  key: CryptoKey | Trusted,
  typ: string,
  schema: S,
): Promise<Signed<z.output<S>>> {
  let opened: Signed<z.output<S>> = refuse("signature", "no key is trusted");
  for (const one of "keys" in key ? key.keys() : [key]) {
    opened = await openBy(jws, one, typ, schema);
    if (opened.ok || opened.check !== "signature") return opened;
  }
  return opened;
}

async function openBy<S extends z.ZodType>(jws: string, key: CryptoKey, typ: string, schema: S): Promise<Signed<z.output<S>>> {
  try {
    const { payload, protectedHeader } = await compactVerify(jws, key, { algorithms: ["ES256"] });
    const extra = Object.keys(protectedHeader).find((name) => !HEADER.has(name));
    if (extra !== undefined) return refuse("header", `unexpected parameter ${extra.slice(0, 32)}`);
    if (protectedHeader.typ !== typ) return refuse("typ", `${String(protectedHeader.typ).slice(0, 64)} instead of ${typ}`);
    const parsed = schema.safeParse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload)));
    if (parsed.success) return { ok: true, claims: parsed.data, by: key };
    const issue = parsed.error.issues[0];
    return refuse("claims", `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not to the schema"}`);
  } catch (error) {
    if (error instanceof errors.JOSEAlgNotAllowed) return refuse("alg", error.message);
    if (error instanceof errors.JWSSignatureVerificationFailed) return refuse("signature", error.message);
    return refuse("form", describeError(error));
  }
}

function refuse(check: string, detail: string): { ok: false; check: string; detail: string } {
  return { ok: false, check, detail };
}
