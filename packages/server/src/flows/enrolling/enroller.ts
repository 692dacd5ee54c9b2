/** How a factor of one kind comes to be: begun in one unit of work, its proof examined outside of any, made active in a second one. */
import type { EnrolledKind } from "@sallyport/contracts";
import type { AskDeps } from "../authn/asked-factors.ts";
import type { WrongCode } from "../authn/tries.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { ChallengeRow } from "../store-requests.ts";
import { passkeyEnroller } from "./passkey.ts";
import { pushEnroller } from "./push.ts";
import { callEnroller, emailEnroller, smsEnroller } from "./sent-code.ts";
import { totpEnroller } from "./totp.ts";

export interface Begun {
  /** PENDING_ACTIVATION, stored. */
  enrolment: EnrolmentRow;
  /** What its proof is held against, stored; absent where the enrolment itself holds it (TOTP). */
  challenge?: ChallengeRow;
  /** `_embedded.activation`: what the person needs now, shown once. */
  activation: Record<string, unknown>;
}

/** Why nobody can enrol this kind now; `sentence` for whoever may know it: the administrator, or the person in their own pages. */
export interface NotNow {
  kind: "not-now";
  sentence: string;
}

/** `usedStep` of a wrong one: a code that matched outside of the window, and is burnt (S5). */
export type Examined = { kind: "right"; change: EnrolmentChange } | (WrongCode & { usedStep?: number });
/** What becomes of the enrolment with its activation. */
export type EnrolmentChange = Partial<Pick<EnrolmentRow, "handle" | "data" | "drift" | "name">> & {
  counter?: number;
  /** Time step of the first code: it is used up with the activation (S4). */
  usedStep?: number;
};

/**
 * One kind. Whoever calls it has judged that this user may enrol here (S18), and writes the event and the notice afterwards: the
 * transaction (`authn/enrol-step.ts`), the management API, the person's own pages.
 * @template Request body that begins, @template Proof body that activates; both checked by their schema before.
 */
export interface Enroller<Request, Proof> {
  /** A person may have several: passkeys, phones. */
  several: boolean;
  /** It becomes active on another device (a phone): whoever began it asks how it stands, and brings no proof. */
  elsewhere?: boolean;
  begin(tx: Tx, deps: AskDeps, user: UserRow, request: Request): Promise<Begun | NotNow>;
  /** Outside any unit: signatures take their time. Reads nothing. @param now epoch ms of the unit that read `pending`. */
  examine(deps: AskDeps, pending: EnrolmentRow, challenge: ChallengeRow | undefined, proof: Proof, now: number): Promise<Examined>;
}

// biome-ignore lint/suspicious/noExplicitAny: each kind reads the body that its own schema has checked
export type AnyEnroller = Enroller<any, any>;

/** Kinds that a person enrols; recovery codes are given out. */
export const ENROLLERS: Partial<Record<EnrolledKind, AnyEnroller>> = {
  totp: totpEnroller,
  passkey: passkeyEnroller,
  push: pushEnroller,
  email: emailEnroller,
  sms: smsEnroller,
  call: callEnroller,
};
