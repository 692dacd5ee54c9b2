/** What is decided on the machine before the org is asked: files in order, armed, excluded. */
import type { AccountFrame, BeginFrame, FailedFrame } from "@sallyport/contracts";
import { allowWith, deny, type Outcome } from "./attempt.ts";
import type { Desk, Host } from "./desk.ts";
import { type Account, findExclusion, isPermitted } from "./policy.ts";
import { readArmed } from "./state/armed.ts";
import { findingOfFailed } from "./windows-status.ts";

export type Admission = { ok: true; host: Host } | { ok: false; outcome: Outcome };

/** A missing or broken file refuses; *disarmed* must be written in a file of the agent's own (S22). */
export function admit(begin: BeginFrame["begin"], desk: Desk): Admission {
  // Where nobody checked a password, neither an exclusion nor disarmed may let anybody in: the org checks it.
  return begin.password === "none" ? admitUnproved(desk) : admitProved(begin, desk);
}

function admitProved(account: Account, desk: Desk): Admission {
  const armed = readArmed(desk.settings.files.state);
  if (!armed.ok) return { ok: false, outcome: deny(armed.finding) };
  if (!armed.armed.armed)
    return {
      ok: false,
      outcome: allowWith({ cause: "agent.not-armed", evidence: { since: armed.armed.since, host: desk.settings.host } }),
    };
  const ready = desk.host();
  if (!ready.ok) return { ok: false, outcome: deny(ready.finding) };
  const excluded = findExclusion(ready.host.policy.current(), account);
  if (excluded) return { ok: false, outcome: allowWith({ cause: "policy.no-mfa", evidence: { exclusion: excluded.reason } }) };
  return { ok: true, host: ready.host };
}

function admitUnproved(desk: Desk): Admission {
  const ready = desk.host();
  return ready.ok ? { ok: true, host: ready.host } : { ok: false, outcome: deny(ready.finding) };
}

/** The PAM account line asks about a way in without a decision: only what policy permits by name. */
export function judgeAccount(account: AccountFrame["account"], desk: Desk): Outcome {
  const admitted = admitProved(account, desk);
  if (!admitted.ok) return admitted.outcome;
  const policy = admitted.host.policy.current();
  const { service, method, username } = account;
  if (!policy) return deny({ cause: "policy.stale", evidence: { service, method, reason: "no valid signed policy" } });
  if (!isPermitted(policy, account)) return deny({ cause: "pam.open-path", evidence: { service, method, username } });
  return allowWith({ cause: "policy.no-mfa", evidence: { permit: `${service} ${method}` } });
}

/** Nobody went in, says the provider: the machine refused the password, or, after a logon was let through, the credential; or the person left. */
export function recordFailed(failed: FailedFrame["failed"]): Outcome {
  const { service, tty } = failed;
  const { cause, evidence } = findingOfFailed(failed);
  return deny({ cause, evidence: { service, ...evidence, ...(tty === undefined ? {} : { tty }) } });
}
