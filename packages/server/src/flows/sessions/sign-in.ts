/** A session token becomes a session: once, in the browser that began, for a user who may still sign in (S19, S36). */
import type { Keys } from "../../keys/keys.ts";
import { redeemSessionToken } from "../authn/session-token.ts";
import type { Store } from "../store.ts";
import { type Browser, openSession } from "./session.ts";

export interface SignInInput {
  sessionToken: string;
  /** Value of the cookie of the browser that began the transaction. */
  began: string | undefined;
  /** Value of this browser's session cookie, which ends with this. */
  before: string | undefined;
  browser: Browser;
}

/** The value of the new session cookie; undefined where the token is good for nothing here: one answer, whatever it was (S16). */
export function signInBrowser({ store, keys }: { store: Store; keys: Keys }, input: SignInInput): Promise<{ token: string } | undefined> {
  const { sessionToken, began, before, browser } = input;
  return store.inTransaction(async (tx) => {
    const redeemed = await redeemSessionToken(tx, keys, sessionToken, began);
    // A password alone opens no session: the transaction asked for more, or this is not what it was made for. Nor does a step-up.
    if (redeemed.kind !== "redeemed" || redeemed.stepUp || redeemed.amr.every((proof) => proof === "pwd")) return undefined;
    const { token } = await openSession(tx, { user: redeemed.user, amr: redeemed.amr, browser, before });
    return { token };
  });
}
