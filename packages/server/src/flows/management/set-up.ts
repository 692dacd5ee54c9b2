/** The one-time set-up: a link that makes the first administrator, with password and second factor, in one unit of work. */
import { createHash, randomBytes } from "node:crypto";
import { foldName, judgeTotp, namesOf } from "@sallyport/logon";
import * as z from "zod";
import type { Keys } from "../../keys/keys.ts";
import { newTotp, TOTP, uriFor } from "../enrolling/totp.ts";
import { newId, random256 } from "../ids.ts";
import { Conflict, type Store, type Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import { type InBoth, judgePassword, type PasswordHash } from "./password-rules.ts";

export interface SetUpDeps {
  store: Store;
  keys: Keys;
  passwords: PasswordHash;
  orgUrl: string;
}

const PURPOSE = "set-up";
/** S17. */
const LINK_MS = 30 * 60_000;
const SYSTEM = { type: "system", id: "org" } as const;

/** A new link (256 random bits, kept as a hash), or undefined once there is an administrator. No account exists before it is used. */
export async function newSetUpLink({ store, orgUrl }: Pick<SetUpDeps, "store" | "orgUrl">): Promise<string | undefined> {
  const token = random256();
  return store.inTransaction(async (tx) => {
    if (await tx.users.anyAdministrator()) return undefined;
    const expires = tx.now + LINK_MS;
    await tx.secrets.insertLink({ hash: hashOf(token), purpose: PURPOSE, expires });
    await tx.log.append({
      type: "org.set-up-link",
      actor: SYSTEM,
      outcome: "success",
      data: { expiresAt: new Date(expires).toISOString() },
    });
    return `${orgUrl}/set-up/${token}`;
  });
}

/** False for a link that is unknown, used or too old, and for every link once there is an administrator. */
export async function linkIsOpen(store: Store, token: string): Promise<boolean> {
  return store.read((tx) => isOpen(tx, token));
}

async function isOpen(tx: Tx, token: string): Promise<boolean> {
  return (await tx.secrets.linkExists(hashOf(token), PURPOSE, tx.now)) && !(await tx.users.anyAdministrator());
}

/** What was chosen so far. It travels sealed in the form: until the first code is right nothing is stored. */
const draft = z.strictObject({ login: z.string(), phc: z.string(), secret: z.base64() });

export type Prepared =
  | { kind: "prepared"; login: string; sealed: string; secret: Uint8Array; otpauth: string }
  | { kind: "refused"; field: "login" | "password"; why: InBoth }
  | { kind: "overloaded" };

export async function prepareAdministrator(deps: SetUpDeps, token: string, login: string, password: string): Promise<Prepared> {
  if (foldName(login) === undefined) return { kind: "refused", field: "login", why: UNUSUAL };
  const complaint = judgePassword(password, { withFactor: true, names: [login] });
  if (complaint) return { kind: "refused", field: "password", why: { en: sentence(complaint.en), de: sentence(complaint.de) } };
  const hashed = await deps.passwords.hash(password);
  if (hashed.kind === "overloaded") return hashed;
  const secret = randomBytes(20);
  const text = JSON.stringify({ login, phc: hashed.phc, secret: secret.toString("base64") });
  const sealed = deps.keys.seal(Buffer.from(text), contextOf(token));
  return { kind: "prepared", login, sealed, secret, otpauth: uriFor(deps.orgUrl, login, secret) };
}

export type Confirmed =
  | { kind: "done"; login: string }
  /** The same secret is shown again. */
  | { kind: "wrong-code"; login: string; secret: Uint8Array; otpauth: string; why: InBoth }
  | { kind: "login-taken" }
  /** The link was used meanwhile, or the form was not made by this link. */
  | { kind: "gone" };

/** The right first code makes the administrator and uses up the link; anything else leaves both as they were. */
export async function confirmAdministrator(
  deps: SetUpDeps,
  token: string,
  sealed: string,
  code: string,
  address: string,
): Promise<Confirmed> {
  const chosen = unsealDraft(deps.keys, token, sealed);
  if (!chosen) return { kind: "gone" };
  const { login, phc, secret } = chosen;
  try {
    return await deps.store.inTransaction(async (tx): Promise<Confirmed> => {
      if (!(await isOpen(tx, token))) return { kind: "gone" };
      const verdict = judgeTotp({ secret, ...TOTP, drift: 0, now: tx.now, code: code.replace(/\s/g, "") });
      if (verdict.kind !== "match")
        return { kind: "wrong-code", login, secret, otpauth: uriFor(deps.orgUrl, login, secret), why: explain(verdict) };
      if (!(await tx.secrets.consumeLink(hashOf(token), PURPOSE, tx.now))) return { kind: "gone" };
      await makeOwner(tx, deps.keys, { login, phc, secret, step: verdict.step, drift: verdict.drift, address });
      return { kind: "done", login };
    });
  } catch (error) {
    if (error instanceof Conflict) return { kind: "login-taken" };
    throw error;
  }
}

async function makeOwner(
  tx: Tx,
  keys: Keys,
  chosen: { login: string; phc: string; secret: Uint8Array; step: number; drift: number; address: string },
): Promise<void> {
  const { login, phc, secret, step, drift, address } = chosen;
  const id = newId("usr");
  const user: UserRow = {
    id,
    source: "local",
    externalId: id,
    status: "ACTIVE",
    statusSince: tx.now,
    statusBy: "org",
    profile: { login },
    passwordHash: phc,
    passwordChanged: tx.now,
    role: "owner",
    created: tx.now,
    updated: tx.now,
    linkedTo: null,
    mustChange: false,
  };
  await tx.users.insert(user, namesOf(user.profile));
  const enrolment = newTotp(keys, { id: newId("enr"), userId: id, secret, active: true, now: tx.now });
  await tx.enrolments.insert({ ...enrolment, drift });
  await tx.enrolments.consumeStep(enrolment.id, step);
  const target = { type: "user", id, name: login };
  const actor = { type: "user", id, name: login } as const;
  await tx.log.append({ type: "org.set-up", actor, outcome: "success", data: { login, address } });
  await tx.log.append({ type: "user.created", actor, target, outcome: "success", data: { source: "local", externalId: id, login } });
  await tx.log.append({ type: "factor.activated", actor, target, outcome: "success", data: { factor: enrolment.id, kind: "totp" } });
}

const UNUSUAL: InBoth = {
  en: "Choose a name without unusual characters.",
  de: "Wählen Sie einen Namen ohne ungewöhnliche Zeichen.",
};

function sentence(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

function explain(verdict: Exclude<ReturnType<typeof judgeTotp>, { kind: "match" }>): InBoth {
  if (verdict.kind === "malformed") return { en: "A code has six digits.", de: "Ein Code hat sechs Ziffern." };
  if (verdict.kind === "wrong")
    return {
      en: "This code does not match. Wait for the next one and try again.",
      de: "Dieser Code passt nicht. Warten Sie auf den nächsten und versuchen Sie es noch einmal.",
    };
  const seconds = Math.abs(verdict.steps) * TOTP.period;
  const slow = verdict.steps < 0;
  return {
    en: `The clock of your phone is about ${seconds} seconds ${slow ? "slow" : "fast"}. Let it set its time by itself, then enter a new code.`,
    de: `Die Uhr Ihres Telefons geht etwa ${seconds} Sekunden ${slow ? "nach" : "vor"}. Lassen Sie es seine Zeit selbst stellen, und geben Sie dann einen neuen Code ein.`,
  };
}

function unsealDraft(keys: Keys, token: string, sealed: string): { login: string; phc: string; secret: Uint8Array } | undefined {
  try {
    const read = draft.parse(JSON.parse(Buffer.from(keys.unseal(sealed, contextOf(token))).toString()));
    return { ...read, secret: Buffer.from(read.secret, "base64") };
  } catch {
    // Another link's form, a changed one, or one that was sealed before the key was replaced: all the same here.
    return undefined;
  }
}

/** A form works only with the link that it was made for. */
function contextOf(token: string): string {
  return `set-up:${hashOf(token)}`;
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
