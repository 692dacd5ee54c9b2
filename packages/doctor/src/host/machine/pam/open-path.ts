/** Ways in that do not come past the auth lines: closed if the account line stands and refuses, else open. */
import type { Proof } from "@sallyport/contracts";
import type { Answer, Missed, Seen } from "../../../check.ts";
import type { MachineFacts } from "../../facts.ts";
import { ruledOut } from "../evidence.ts";
import { processesOf } from "../processes.ts";
import { lookAtSshd, settingsPastUs, waysPastPam } from "../sshd.ts";
import { readSudoers } from "../sudoers.ts";
import { type AccountLine, judgeAccount } from "./judge.ts";
import type { Service } from "./services.ts";

interface Ways {
  /** Proved ways in: each is open unless the account line closes it. */
  past: Proof[];
  /** Open whatever the account line says. */
  open: Proof[];
  missed: Missed[];
}

const NO_WAYS: Ways = { past: [], open: [], missed: [] };

export async function judgeWays(services: Service[], machine: MachineFacts, signal: AbortSignal): Promise<Answer> {
  const asking = services.filter(({ asks }) => asks);
  const seen: Seen[] = [];
  const missed: Missed[] = [];
  for (const { name, stacks } of asking) {
    const account = judgeAccount(stacks.account, name);
    const ways = await waysOf(name, machine, signal);
    missed.push(...ways.missed);
    // sshd ends the session after the change; sudo goes on with what was asked.
    if (!account.closed && account.late && (!name.startsWith("sudo") || ways.past.length === 0)) continue;
    const evidence = [...ways.open, ...(account.closed ? [] : [accountProof(name, account), ...ways.past])];
    if (evidence.length === 0) continue;
    // Without a proved way the line that is missing is a lock that is open, and nobody was seen to have the handle.
    const sure = ways.open.length + ways.past.length > 0;
    seen.push({ cause: "pam.open-path", verdict: sure ? "confirmed" : "candidate", evidence });
  }
  if (seen.length === 0 && asking.length > 0) {
    const names = asking.map(({ name }) => name).join(", ");
    seen.push(ruledOut("pam.open-path", "account lines refuse whoever was not asked", names, "/etc/pam.d"));
  }
  return { seen, missed };
}

function accountProof(service: string, { rule, what }: AccountLine & { closed: false }): Proof {
  const where = rule ? `${rule.file}:${rule.line}` : `/etc/pam.d/${service}`;
  return { what: `${service}: ${what}`, value: rule?.text ?? "who comes past the auth lines is not refused", where };
}

async function waysOf(service: string, machine: MachineFacts, signal: AbortSignal): Promise<Ways> {
  if (service === "sshd") return sshdWays(machine, signal);
  if (service === "sudo" || service === "sudo-i") return sudoWays(machine);
  return NO_WAYS;
}

async function sshdWays(machine: MachineFacts, signal: AbortSignal): Promise<Ways> {
  const look = await lookAtSshd(machine, processesOf(machine.root), signal);
  if (!look.running) return NO_WAYS;
  const { daemons } = look;
  const why =
    look.missed ?? (daemons.some(({ matches }) => matches.length > 0) ? matchNote(daemons.flatMap(({ matches }) => matches)) : undefined);
  return {
    past: daemons.flatMap(waysPastPam),
    open: daemons.flatMap(settingsPastUs),
    missed: why === undefined ? [] : [{ what: "the settings of sshd", why, ...(look.missed ? { asked: true } : {}) }],
  };
}

function matchNote(places: string[]): string {
  return `Match blocks hold for some people only, and are to be read by a person: ${places.join(", ")}`;
}

function sudoWays({ root }: MachineFacts): Ways {
  const { unasked, unjudged, missed } = readSudoers(root);
  return {
    past: unasked,
    open: unasked.length > 0 ? unjudged : [],
    missed: missed === undefined ? [] : [{ what: "the rules of sudo", why: missed, asked: true }],
  };
}
