/** The steps of a transaction as the org offers them: states and links, driven by a state token that this tab keeps. */
import type { EnrolledKind, FactorView, PasskeyAssertion, TransactionView } from "@sallyport/contracts";
import { type Answer, call } from "../../shown/call.ts";

export type View = TransactionView;
export type Stepped = Promise<Answer<View>>;

const AUTHN = "/api/v1/authn";
/** Of this tab alone: a reload goes on where it was, another tab begins anew. */
const KEPT = "transaction";

export function keepToken(token: string | undefined): void {
  try {
    if (token === undefined) sessionStorage.removeItem(KEPT);
    else sessionStorage.setItem(KEPT, token);
  } catch {
    // Without storage a reload begins anew.
  }
}

/** Of the address (a machine sent the person here), else what this tab was at. The address is cleaned: it must not be passed on. */
export function takeToken(): string | undefined {
  const given = /^#t=([A-Za-z0-9_-]{43,64})$/.exec(location.hash)?.[1];
  if (given !== undefined) {
    history.replaceState(null, "", location.pathname);
    keepToken(given);
    return given;
  }
  try {
    return sessionStorage.getItem(KEPT) ?? undefined;
  } catch {
    return undefined;
  }
}

export function signIn(username: string, password: string): Stepped {
  return call("POST", AUTHN, { username, password });
}

export function introspect(stateToken: string): Stepped {
  return call("POST", `${AUTHN}/introspect`, { stateToken });
}

/** Follows a link of the view with whatever the step brings. */
export function follow(view: View, href: string, body: object = {}): Stepped {
  return call("POST", new URL(href, location.origin).pathname, { ...body, stateToken: view.stateToken });
}

export function step(view: View, path: string, body: object = {}): Stepped {
  return call("POST", `${AUTHN}${path}`, { ...body, stateToken: view.stateToken });
}

export type Link = { href: string; name?: string | undefined };

/** The link of this name; of several (`resend`) the first. */
export function linkOf(view: View, name: string): Link | undefined {
  const found = view._links?.[name];
  return Array.isArray(found) ? found[0] : found;
}

export function offered(view: View): FactorView[] {
  return view._embedded?.factors ?? [];
}

/** Of several passkeys whichever is at hand. */
export function verifyPath(factors: FactorView[], factor: FactorView): string {
  const several = factor.kind === "passkey" && factors.filter(({ kind }) => kind === "passkey").length > 1;
  return `/factors/${several ? "webauthn" : factor.id}/verify`;
}

/** One of each kind, in the org's order: what the person used last comes first. */
export function choices(factors: FactorView[]): FactorView[] {
  return factors.filter((factor, index) => factors.findIndex(({ kind }) => kind === factor.kind) === index);
}

/** Kinds that are typed at once; all others are asked for first. */
export function isTyped(kind: EnrolledKind): boolean {
  return kind === "totp" || kind === "recovery";
}

export function asProof({ clientData, authenticatorData, signatureData, credentialId }: PasskeyAssertion): object {
  return { clientData, authenticatorData, signatureData, ...(credentialId ? { credentialId } : {}) };
}
