/** Rows of the store as their own person sees them: no causes, no rules, no hashes. */
import type { MyFactorView, MyLogonView, MySessionView } from "@sallyport/contracts";
import type { MyFactor } from "../../flows/me/my-factors.ts";
import { isDisowned, type LogonShown, reasonOf } from "../../flows/me/my-logons.ts";
import type { SessionRow } from "../../flows/store-requests.ts";
import { iso, isoOrNull } from "../management/views.ts";

export function myFactorOf({ enrolment, remaining, removable }: MyFactor): MyFactorView {
  const { id, kind, name, status, created, lastUsed } = enrolment;
  return {
    id,
    kind,
    name,
    status,
    created: iso(created),
    lastUsed: isoOrNull(lastUsed),
    ...(kind === "recovery" ? { remaining } : {}),
    removable,
  };
}

export function myLogonOf({ logon, host, app }: LogonShown): MyLogonView {
  const { reference, hostId, service, scenario, address, started, result, cause, amr } = logon;
  return {
    reference,
    host: { id: hostId, name: host },
    app,
    service,
    scenario,
    address,
    started: iso(started),
    result,
    reason: result === "deny" ? reasonOf(cause) : null,
    amr,
    disowned: isDisowned(logon),
  };
}

export function mySessionOf(session: SessionRow, current: string): MySessionView {
  const { id, created, lastSeen, userAgent, address } = session;
  return { id, current: id === current, created: iso(created), lastSeen: iso(lastSeen), userAgent, address };
}
