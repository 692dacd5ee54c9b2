/** A logon at a machine, line by line, so that its person can tell their own from somebody else's. */
import type { ShownLogon } from "@sallyport/contracts";
import type { Texts } from "./texts/en.ts";

/** @param user whose logon it is */
export function logonRows(t: Texts, logon: ShownLogon, user: string): [string, string][] {
  const { address } = logon;
  const from = address ? `${address.value} ${address.origin === "claimed" ? t.logon.claimed : ""}`.trim() : t.logon.fromUnknown;
  return [
    [t.logon.user, user],
    [t.logon.host, logon.host],
    [t.logon.service, logon.service],
    [t.logon.from, from],
    [t.logon.time, new Date(logon.startedAt).toLocaleTimeString(t.locale)],
  ];
}
