/** What a status of Windows says about a refused password or credential, as a cause of the table. */
import type { CauseId } from "./causes.ts";

/**
 * NTSTATUS of LSA, and the Win32 error that LogonUser makes of it (learn.microsoft.com: NTSTATUS values, system error codes), as `0x` and
 * eight capital hexadecimal digits. One row a reason; the first number is LSA's.
 */
const ROWS: [CauseId, ...string[]][] = [
  ["user.no-local-account", "0xC0000064", "0x00000525"],
  ["user.password", "0xC000006A", "0x0000052B", "0x00000056"],
  // Name or password, without saying which.
  ["user.password", "0xC000006D", "0x0000052E"],
  ["user.hours", "0xC000006F", "0x00000530"],
  ["user.workstation", "0xC0000070", "0x00000531"],
  // The machine is behind selective authentication of a trust: this account may not log on to it.
  ["user.workstation", "0xC0000413", "0x0000078F"],
  ["user.password-expired", "0xC0000071", "0x00000532"],
  ["user.password-expired", "0xC0000224", "0x00000773"],
  ["user.account-disabled", "0xC0000072", "0x00000533"],
  ["user.account-disabled", "0xC0000193", "0x00000701"],
  ["user.locked", "0xC0000234", "0x00000775"],
  ["host.not-rdp-user", "0xC000015B", "0x00000569"],
  ["clock.host", "0xC0000133", "0x00000576"],
  // No domain controller answers, the machine's own account in the domain does not hold, or Netlogon does not run.
  ["org.directory", "0xC000005E", "0x0000051F"],
  ["org.directory", "0xC00000DF", "0x0000054B"],
  ["org.directory", "0xC000018A", "0x000006FA"],
  ["org.directory", "0xC000018B", "0x000006FB"],
  ["org.directory", "0xC000018C", "0x000006FC"],
  ["org.directory", "0xC000018D", "0x000006FD"],
  ["org.directory", "0xC0000192", "0x00000700"],
];

export const WINDOWS_STATUS_CAUSES: Readonly<Record<string, CauseId>> = Object.fromEntries(
  ROWS.flatMap(([cause, ...numbers]) => numbers.map((number) => [number, cause])),
);
