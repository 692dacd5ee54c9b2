/** Which of a person's passkeys signed an answer. Outside of any unit of work: signatures take their time. */
import type { PasskeyAssertion } from "@sallyport/contracts";
import { judgePasskey, type PasskeyExpected, readPasskeyAnswer } from "@sallyport/logon";
import { verifyAuthenticationResponse } from "@simplewebauthn/server";
import { type WrongCode, wrong } from "../authn/tries.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import { passkeyData } from "./relying-party.ts";

export type Signed = { kind: "signed"; enrolment: EnrolmentRow; counter: number } | WrongCode;

/**
 * The public clients do not say which key answered: then each of them is tried.
 * @param keys that may answer here, all of one person.
 */
export async function findSigner(
  keys: EnrolmentRow[],
  assertion: PasskeyAssertion,
  expected: Omit<PasskeyExpected, "type">,
): Promise<Signed> {
  const bytes = (text: string) => Buffer.from(text, "base64");
  const answer = readPasskeyAnswer(bytes(assertion.clientData), bytes(assertion.authenticatorData));
  if (!answer) return wrong("factor.code-malformed", { length: assertion.clientData.length });
  const verdict = judgePasskey(answer, { type: "webauthn.get", ...expected });
  if (verdict.kind === "wrong") return wrong(verdict.cause, verdict.evidence);
  const named = assertion.credentialId === undefined ? undefined : toBase64url(assertion.credentialId);
  const owner = assertion.userHandle ? Buffer.from(assertion.userHandle, "base64").toString() : undefined;
  for (const enrolment of keys) {
    if (named !== undefined && enrolment.handle !== named) continue;
    if (owner !== undefined && enrolment.userId !== owner) continue;
    if (await signedBy(enrolment, assertion, expected)) return { kind: "signed", enrolment, counter: answer.counter };
  }
  return wrong("factor.passkey-unknown", { credential: named ?? "not said", keys: keys.length });
}

async function signedBy(enrolment: EnrolmentRow, assertion: PasskeyAssertion, expected: Omit<PasskeyExpected, "type">): Promise<boolean> {
  const { credentialId: id, publicKey } = passkeyData(enrolment);
  const { clientData, authenticatorData, signatureData } = assertion;
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId: id,
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON: toBase64url(clientData),
          authenticatorData: toBase64url(authenticatorData),
          signature: toBase64url(signatureData),
        },
      },
      expectedChallenge: expected.challenge,
      expectedOrigin: expected.origin,
      expectedRPID: expected.rpId,
      requireUserVerification: expected.verified,
      // The counter is judged where it is raised, in one statement: here none is too low.
      credential: { id, publicKey: Uint8Array.from(Buffer.from(publicKey, "base64url")), counter: 0 },
    });
    return verified;
  } catch {
    // The library throws for whatever it cannot read or does not like: none of it is a signature of this key.
    return false;
  }
}

/** Of standard base64 or base64url. */
export function toBase64url(text: string): string {
  return Buffer.from(text, "base64").toString("base64url");
}
