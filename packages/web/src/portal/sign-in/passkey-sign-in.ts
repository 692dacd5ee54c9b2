/** Sign-in by a passkey alone: whichever the device has for this org, and its user verified by it. */
import type { PasskeyRequestOptions } from "@sallyport/contracts";
import { call } from "../../shown/call.ts";
import { askPasskey } from "./passkey.ts";
import type { Stepped } from "./transaction.ts";

/** `none`: the person gave no passkey, or the browser had none. */
export type PasskeySignInBegun = "none" | { step: Stepped };

export async function signInByPasskey(): Promise<PasskeySignInBegun> {
  const begun = await call<{ publicKey: PasskeyRequestOptions }>("POST", "/api/v1/authn/passkey", {});
  if (!begun.ok) return { step: Promise.resolve(begun) };
  const proof = await askPasskey(begun.body.publicKey);
  return proof ? { step: call("POST", "/api/v1/authn/passkey/verify", proof) } : "none";
}
