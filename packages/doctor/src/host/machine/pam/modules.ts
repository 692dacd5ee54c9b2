/** What the modules of a PAM stack may return for one person who knows, or does not know, password and code. */
import { basename } from "node:path";
import type { Kind, Returned, Rule } from "./stack.ts";
import { succeeds } from "./succeed-if.ts";
import type { Outcomes, State } from "./walk.ts";

export interface World {
  service: string;
  kind: Kind;
  password: boolean;
  code: boolean;
  /** Whom PAM_USER is; never somebody who was root before. */
  uid: number;
}

const PASSWORD = new Set([
  "pam_unix",
  "pam_sss",
  "pam_ldap",
  "pam_ldapd",
  "pam_winbind",
  "pam_krb5",
  "pam_systemd_home",
  "pam_pwdfile",
  "pam_userdb",
  "pam_mysql",
  "pam_radius_auth",
]);
/** They judge nobody by a password: they delay, set up, tell, or keep out. */
const NEUTRAL = new Set([
  ...["pam_access", "pam_cap", "pam_echo", "pam_env", "pam_faildelay", "pam_group", "pam_issue", "pam_keyinit", "pam_lastlog"],
  ...["pam_limits", "pam_loginuid", "pam_mail", "pam_motd", "pam_namespace", "pam_nologin", "pam_securetty", "pam_selinux", "pam_sepermit"],
  ...["pam_shells", "pam_time", "pam_tty_audit", "pam_umask", "pam_warn", "pam_gnome_keyring", "pam_kwallet5", "pam_xauth", "pam_ecryptfs"],
]);

/** They say yes or no by the account, its groups or its failures, and prove nothing. */
const CONDITIONS = new Set(["pam_faillock", "pam_listfile", "pam_localuser", "pam_tally2", "pam_usertype", "pam_wheel"]);

export const nameOf = (rule: Rule): string => basename(rule.module).replace(/\.so$/, "");
export const isOurs = (rule: Rule): boolean => nameOf(rule) === "pam_sallyport";
/** The line that asks; `failed` and `split` do not. */
export const isAsking = (rule: Rule): boolean => isOurs(rule) && !rule.args.includes("failed") && !rule.args.includes("split");

export const checksPassword = (rule: Rule): boolean => PASSWORD.has(nameOf(rule));

export function outcomesIn(world: World): Outcomes {
  return (rule, state) => (isOurs(rule) ? ours(rule, state, world) : other(rule, state, world));
}

function ours(rule: Rule, state: State, world: World): ReturnType<Outcomes> {
  if (world.kind === "account") return [{ returned: world.code ? "success" : "perm_denied", state: { ...state, asked: true } }];
  if (rule.args.includes("split")) return [{ returned: "ignore", state }];
  if (rule.args.includes("failed")) return [{ returned: "auth_err", state }];
  const { tried, proved, strange } = state;
  const next: State = { ...state, asked: true, allowed: world.code, ours: state.ours ?? { rule, tried, proved, strange } };
  return [{ returned: world.code ? "success" : "auth_err", state: next }];
}

function other(rule: Rule, state: State, world: World): ReturnType<Outcomes> {
  const name = nameOf(rule);
  const as = (...all: Returned[]) => all.map((returned) => ({ returned, state }));
  if (name === "pam_deny") return as("auth_err");
  if (name === "pam_permit") return as("success");
  // Whoever was root before needs no code to be anybody.
  if (name === "pam_rootok") return as("auth_err");
  if (name === "pam_succeed_if") return as(...succeeds(rule.args, world).map((yes): Returned => (yes ? "success" : "auth_err")));
  if (PASSWORD.has(name)) return world.kind === "account" ? as("success", "new_authtok_reqd") : byPassword(state, world);
  if (NEUTRAL.has(name)) return as("success", "ignore");
  if (CONDITIONS.has(name)) return as("success", "auth_err", "ignore");
  return (["success", "auth_err", "ignore"] as const).map((returned) => ({ returned, state: { ...state, strange: true } }));
}

/** One of several sources knows the person, the others do not. */
function byPassword(state: State, { password }: World): ReturnType<Outcomes> {
  const tried = { ...state, tried: true };
  const wrong = { returned: "auth_err" as const, state: tried };
  return password ? [{ returned: "success", state: { ...tried, proved: true } }, wrong] : [wrong];
}
