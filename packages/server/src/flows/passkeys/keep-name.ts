/** Passkeys are bound to the name of the org for good: the server does not start under another one while there are any (S17). */
import type { Store } from "../store.ts";
import { relyingPartyOf } from "./relying-party.ts";

const NAME = "passkey-name";

/** The sentence that refuses the start; undefined if the name may stand. */
export async function keepPasskeyName(store: Store, orgUrl: string): Promise<string | undefined> {
  const name = relyingPartyOf(orgUrl)?.id ?? "";
  return store.inTransaction(async (tx) => {
    const kept = await tx.secrets.claimMeta(NAME, name);
    if (kept === name) return undefined;
    if (await tx.enrolments.anyOf("passkey")) {
      const now = name === "" ? "an IP address" : name;
      return `people have passkeys for ${kept}, and none of them works for ${now}: give --url with the name ${kept}, or reset all passkeys first (sallyport factor reset USER passkey)`;
    }
    await tx.secrets.setMeta(NAME, name);
    return undefined;
  });
}
