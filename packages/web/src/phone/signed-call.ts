/** One call of the phone's API: signed by the account's key, at the org's time, and never twice alike. */
import type { ErrorObject } from "@sallyport/contracts";
import { toBase64Url } from "../shown/bytes.ts";

export interface Signer {
  device: string;
  key: CryptoKey;
}

export type Answer<T> = { ok: true; body: T } | { ok: false; status: number; which: string };

/** Milliseconds that the org's clock is ahead of this phone's. */
let ahead = 0;

export function orgNow(): number {
  return Date.now() + ahead;
}

/** @param now as an answer of the org says it. */
export function learnTime(now: string | undefined): void {
  const time = Date.parse(now ?? "");
  if (Number.isFinite(time)) ahead = time - Date.now();
}

/** A phone whose clock is off learns the org's time from the refusal, and signs once more. */
export async function signedCall<T extends { now: string }>(call: string, signer: Signer, own: object = {}): Promise<Answer<T>> {
  const first = await send<T>(call, signer, own);
  if (first.ok || first.which !== "clock") return first;
  return send<T>(call, signer, own);
}

async function send<T extends { now: string }>(call: string, signer: Signer, own: object): Promise<Answer<T>> {
  const claims = {
    typ: `phone-${call}`,
    aud: location.origin,
    device: signer.device,
    jti: toBase64Url(crypto.getRandomValues(new Uint8Array(16)).buffer),
    iat: Math.floor(orgNow() / 1000),
    ...own,
  };
  const answer = await post<T>(`/api/v1/phone/${call}`, { signed: await sign(signer.key, claims) });
  if (answer.ok) learnTime(answer.body.now);
  return answer;
}

async function post<T>(path: string, body: object): Promise<Answer<T>> {
  try {
    const headers = { "content-type": "application/json" };
    const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), cache: "no-store" });
    const parsed: unknown = await response.json();
    if (response.ok) return { ok: true, body: parsed as T };
    const { evidence = {} } = parsed as Partial<ErrorObject>;
    const orgTime = evidence["orgTime"];
    if (typeof orgTime === "string") learnTime(orgTime);
    return { ok: false, status: response.status, which: typeof orgTime === "string" ? "clock" : String(evidence["which"] ?? "") };
  } catch {
    return { ok: false, status: 0, which: "" };
  }
}

/** Compact JWS, ES256 (RFC 7515): WebCrypto's signature is already in the form that JWS wants. */
async function sign(key: CryptoKey, claims: object): Promise<string> {
  const text = [{ alg: "ES256", typ: "sallyport-phone+jws" }, claims].map((part) => textBytes(JSON.stringify(part)).text).join(".");
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, textBytes(text).bytes);
  return `${text}.${toBase64Url(signature)}`;
}

function textBytes(text: string): { bytes: Uint8Array<ArrayBuffer>; text: string } {
  const bytes = new TextEncoder().encode(text);
  return { bytes, text: toBase64Url(bytes.buffer) };
}

/** SHA-256 of a text's UTF-8, base64url. */
export async function hashOf(text: string): Promise<string> {
  return toBase64Url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
