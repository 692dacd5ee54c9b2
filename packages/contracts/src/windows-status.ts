/** What a status of Windows says about a refused password or credential, as a cause of the table. */
import type { CauseId } from "./causes.ts";

/**
 * NTSTATUS of LSA, and the Win32 error that LogonUser makes of it (learn.microsoft.com: NTSTATUS values, system error codes), as `0x` and
 * eight capital hexadecimal digits.
 */
export const WINDOWS_STATUS_CAUSES: Readonly<Record<string, CauseId>> = {
  "0xC0000064": "user.no-local-account",
  "0xC000006A": "user.password",
  "0xC000006D": "user.password",
  "0xC000006F": "user.hours",
  "0xC0000070": "user.workstation",
  "0xC0000071": "user.password-expired",
  "0xC0000072": "user.account-disabled",
  "0xC000015B": "host.not-rdp-user",
  "0xC0000193": "user.account-disabled",
  "0xC0000224": "user.password-expired",
  "0xC0000234": "user.locked",
  "0x0000052E": "user.password",
  "0x00000530": "user.hours",
  "0x00000531": "user.workstation",
  "0x00000532": "user.password-expired",
  "0x00000533": "user.account-disabled",
  "0x00000569": "host.not-rdp-user",
  "0x00000701": "user.account-disabled",
  "0x00000773": "user.password-expired",
  "0x00000775": "user.locked",
};
