/** What the body of a step with a factor brings: something typed, an answer of a passkey, or nothing. */
import type { PasskeyAssertion, VerifyRequest } from "@sallyport/contracts";
import type { CodeInput } from "../flows/authn/code-step.ts";

/** @param factorId of the path: an id, or `webauthn` for whichever passkey is at hand. */
export function stepInput(body: VerifyRequest, factorId: string): CodeInput & { assertion?: PasskeyAssertion } {
  const { stateToken, passCode, answer, inputId, clientData, authenticatorData, signatureData, credentialId, userHandle } = body;
  const typed = { stateToken, passCode: passCode ?? answer ?? "", inputId, factorId };
  if (!clientData || !authenticatorData || !signatureData) return typed;
  const named = { ...(credentialId ? { credentialId } : {}), ...(userHandle ? { userHandle } : {}) };
  return { ...typed, passCode: signatureData, assertion: { clientData, authenticatorData, signatureData, ...named } };
}
