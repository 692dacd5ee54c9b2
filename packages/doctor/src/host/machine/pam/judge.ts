/** Judges the stacks of one service: is the second factor asked, after the password, and can nobody come past it. */
import { checksPassword, isAsking, outcomesIn, type World } from "./modules.ts";
import { type Item, type Rule, rulesOf } from "./stack.ts";
import { type End, walk } from "./walk.ts";

export interface Fault {
  what: string;
  rule: Rule;
  /** False where a module stands there of which it is not known what it checks. */
  sure: boolean;
}

/** An ordinary account, and root; root at the machine's own console is let in by password alone on purpose. */
const uidsOf = (service: string) => (service === "login" ? [1000] : [1000, 0]);

/** `otherFactor`: something else was proved before PAM is asked at all, as sshd does with `publickey,keyboard-interactive`. */
export function judgeAuth(items: readonly Item[], service: string, otherFactor: boolean): Fault[] {
  const rules = rulesOf(items);
  const ours = rules.find(isAsking);
  if (!ours) return [];
  const ends = (password: boolean, code: boolean) =>
    uidsOf(service).flatMap((uid) => walk(items, outcomesIn({ service, kind: "auth", password, code, uid })));
  const faults = [...beforeUs(ends(true, false)), ...withoutPassword(ends(false, true), rules.some(checksPassword), otherFactor)];
  if (faults.length === 0 && !ends(true, true).some(({ lets }) => lets)) {
    faults.push({ what: "nobody gets in, whatever they know", rule: refusing(ends(true, true)) ?? ours, sure: true });
  }
  return different(faults);
}

function beforeUs(ends: End[]): Fault[] {
  return ends
    .filter(({ lets }) => lets)
    .flatMap(({ ours, by, strange }): Fault[] => {
      if (ours) return [{ what: "a refusal of the second factor does not count", rule: ours.rule, sure: true }];
      return by ? [{ what: "lets in before the second factor is asked", rule: by, sure: !strange || by.act("success") !== "ok" }] : [];
    });
}

function withoutPassword(ends: End[], anyPassword: boolean, otherFactor: boolean): Fault[] {
  if (!anyPassword && otherFactor) return [];
  return ends.flatMap(({ lets, ours }): Fault[] => {
    if (!ours || ours.proved) return [];
    const sure = !ours.strange;
    if (lets && ours.tried) return [{ what: "a wrong password with a right code gets in", rule: ours.rule, sure }];
    if (ours.tried) return [{ what: "asks for the second factor although the password was wrong", rule: ours.rule, sure }];
    if (anyPassword) return [{ what: "asks for the second factor before the password is checked", rule: ours.rule, sure }];
    return [{ what: "asks for the second factor alone: no line checks a password", rule: ours.rule, sure }];
  });
}

/** The line that ends most of what could have gone well. */
const refusing = (ends: End[]) => ends.find(({ by, proved }) => proved && by)?.by;

/** `late`: only whoever must change an expired password comes past it. */
export type AccountLine = { closed: true; rule: Rule } | { closed: false; rule: Rule | undefined; what: string; late: boolean };

/** Whether the account lines refuse whoever shows no decision of this logon. */
export function judgeAccount(items: readonly Item[], service: string): AccountLine {
  const ours = rulesOf(items).find(isAsking);
  if (!ours) return { closed: false, rule: undefined, what: "no account line of pam_sallyport.so", late: false };
  const world: Omit<World, "uid"> = { service, kind: "account", password: false, code: false };
  const ends = uidsOf(service).flatMap((uid) => walk(items, outcomesIn({ ...world, uid })));
  const past = ends.find(({ lets }) => lets) ?? ends.find(({ letsLater }) => letsLater);
  if (!past) return { closed: true, rule: ours };
  if (!past.lets) {
    const what = "the account line of pam_sallyport.so is not reached where the password has expired";
    return { closed: false, rule: past.by ?? ours, what, late: true };
  }
  const what = past.asked ? "a refusal of the account line does not count" : "the account line of pam_sallyport.so is not reached";
  return { closed: false, rule: past.asked ? ours : (past.by ?? ours), what, late: false };
}

function different(faults: Fault[]): Fault[] {
  const byPlace = new Map<string, Fault>();
  for (const fault of faults) {
    const key = `${fault.rule.file}:${fault.rule.line} ${fault.what}`;
    const known = byPlace.get(key);
    if (!known || (fault.sure && !known.sure)) byPlace.set(key, fault);
  }
  return [...byPlace.values()];
}
