/** Several passkeys of one person, as the public clients ask for them: all at once, by their type. */
import { FACTOR_NAMES, type PasskeyRequestOptions, type TransactionView } from "@sallyport/contracts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { Asked } from "./code-step.ts";

type Link = (path: string, name?: string) => { name?: string; href: string; hints: { allow: "POST"[] } };

/** What of an enrolment a factor shows. */
export type ShownFactor = Pick<EnrolmentRow, "id" | "kind" | "digits" | "data">;

/** Nobody knows which of several keys is at hand. */
export function typesOf(enrolments: EnrolmentRow[], link: Link): Pick<NonNullable<TransactionView["_embedded"]>, "factorTypes"> {
  if (enrolments.filter(({ kind }) => kind === "passkey").length < 2) return {};
  const { factorType } = FACTOR_NAMES.passkey;
  return { factorTypes: [{ factorType, _links: { next: link(`/api/v1/authn/factors/${factorType}/verify`, "verify") } }] };
}

export function isByType({ challenge }: Asked): boolean {
  return challenge.data["byType"] === true;
}

/** The keys that were asked for at once, each as a factor. */
export function keysOf({ enrolment, challenge }: Asked): ShownFactor[] {
  const { keys, publicKey } = challenge.data as { keys: string[]; publicKey: PasskeyRequestOptions };
  return keys.map((id, index) => ({ ...enrolment, id, data: { credentialId: publicKey.allowCredentials[index]?.id } }));
}
