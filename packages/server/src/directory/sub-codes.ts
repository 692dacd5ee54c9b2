/** Why a directory refused a person's bind, as a cause of the table. */
import type { CauseId } from "@sallyport/contracts";
import { PasswordPolicyError } from "ldapts";

/**
 * What Active Directory adds to *invalid credentials* as `data …`: Windows' error numbers in hex (MS-ADTS §5.1.1.1.1, winerror.h).
 * `proven`: it says so only to whoever has the right password (so do Windows and Samba); all others hear `52e`.
 */
export const SUB_CODES: Record<string, { cause: CauseId; words: string; proven?: true }> = {
  "525": { cause: "user.unknown", words: "does not exist" },
  "52e": { cause: "user.password", words: "has another password" },
  "530": { cause: "user.hours", words: "may not log on at this hour", proven: true },
  "531": { cause: "user.workstation", words: "may not log on from this machine", proven: true },
  "532": { cause: "user.password-expired", words: "has a password that has expired", proven: true },
  "533": { cause: "user.account-disabled", words: "is disabled", proven: true },
  "701": { cause: "user.account-disabled", words: "has expired", proven: true },
  "773": { cause: "user.password-expired", words: "must change its password first", proven: true },
  "775": { cause: "user.locked", words: "is locked after too many wrong passwords" },
};

/** The sub-code in the server's own words: `80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 52e, v4f7c`. */
export function subCodeOf(message: string): string | undefined {
  return /\bdata ([0-9a-f]{1,8})\b/i.exec(message)?.[1]?.toLowerCase();
}

/** Of other servers: the answer to a password policy request (draft-behera-ldap-password-policy §6.2). */
export function policyCause(error: number | undefined): { cause: CauseId; reason: string; proven?: true } | undefined {
  if (error === PasswordPolicyError.PasswordExpired) return { cause: "user.password-expired", reason: "password expired", proven: true };
  if (error === PasswordPolicyError.ChangeAfterReset)
    return { cause: "user.password-expired", reason: "must be changed after a reset", proven: true };
  if (error === PasswordPolicyError.AccountLocked) return { cause: "user.locked", reason: "account locked" };
  return undefined;
}
