/** Checks of PAM: the lines of our module as they must be, what stands before them, and the ways past them. */
import type { Proof } from "@sallyport/contracts";
import type { Answer, Check, Missed, Seen } from "../../../check.ts";
import type { HostFacts, MachineFacts } from "../../facts.ts";
import { confirmed, ruledOut } from "../evidence.ts";
import { processesOf } from "../processes.ts";
import { lookAtSshd, provesMore } from "../sshd.ts";
import { doorOf, isInstalled, wrongArgument } from "./arguments.ts";
import { type Fault, judgeAuth } from "./judge.ts";
import { checksPassword } from "./modules.ts";
import { judgeWays } from "./open-path.ts";
import { oursIn, type Service, servicesOf } from "./services.ts";
import { type Rule, rulesOf } from "./stack.ts";

const FOLDER = "/etc/pam.d";
/** People come in by these from elsewhere: one that runs without us is an open door, not a choice. */
const REMOTE = ["sshd", "xrdp-sesman"];

export function pamChecks(): Check<HostFacts>[] {
  return [
    {
      code: "host.pam-lines",
      title: "the lines of pam_sallyport.so",
      dependsOn: [],
      needs: ["agent", "machine"],
      run: async ({ agent, machine }) => withServices(machine, (services) => judgeLines(services, machine.root, agent.files.socket)),
    },
    {
      code: "host.pam-order",
      title: "the order of the PAM lines",
      dependsOn: [],
      needs: ["machine"],
      run: ({ machine }, signal) => withServices(machine, (services) => judgeOrder(services, machine, signal)),
    },
    {
      code: "host.pam-ways",
      title: "ways in that come past the PAM lines",
      dependsOn: [],
      needs: ["machine"],
      run: ({ machine }, signal) => withServices(machine, (services) => judgeWays(services, machine, signal)),
    },
  ];
}

async function withServices(machine: MachineFacts, judge: (services: Service[]) => Answer | Promise<Answer>): Promise<Answer> {
  const services = servicesOf(machine.root, processesOf(machine.root));
  return services === undefined ? { seen: [], missed: [{ what: "PAM", why: `${FOLDER} is not there` }] } : judge(services);
}

function judgeLines(services: Service[], root: string, door: string): Answer {
  const covered = services.filter((one) => one.covered);
  if (covered.length === 0) {
    const nothing = { what: "registered", value: "no file names pam_sallyport.so: nobody is asked", where: FOLDER };
    return { seen: [confirmed("provider.missing", [nothing])] };
  }
  const rules = distinct(covered.flatMap(({ stacks }) => [...oursIn(stacks.auth), ...oursIn(stacks.account)]));
  const mistakes = distinct(covered.flatMap(({ stacks }) => stacks.mistakes)).map(({ file, line, reason }) => {
    return { what: "reason", value: `${reason}: PAM refuses everybody`, where: `${file}:${line}` };
  });
  const wrong = rules.flatMap((rule) => proof("reason", wrongArgument(rule), rule));
  const lost = rules.flatMap((rule) => proof("module", isInstalled(root, rule.module) ? undefined : `${rule.module} is not there`, rule));
  const elsewhere = rules.filter((rule) => doorOf(rule) !== door);
  const knocks = elsewhere.map((rule) => ({
    what: "PAM asks at",
    value: `${doorOf(rule)}, the agent listens at ${door}`,
    where: place(rule),
  }));
  const open = services.filter(({ covered, used, name }) => !covered && used !== undefined && REMOTE.includes(name));
  const unasked = open.map(({ name, used }) => ({
    what: "registered",
    value: `${name} (${used} runs) does not ask`,
    where: `${FOLDER}/${name}`,
  }));
  const seen = [
    ...some("config.invalid", [...mistakes, ...wrong]),
    ...some("provider.missing", [...lost, ...unasked]),
    ...some("agent.unreachable", knocks),
  ];
  if (lost.length + unasked.length === 0) {
    seen.push(ruledOut("provider.missing", "a factor is asked for by", covered.map(({ name }) => name).join(", "), FOLDER));
  }
  return { seen, missed: notCovered(services) };
}

/** Not a fault: which services ask is the administrator's choice. Said, so that nobody takes the others for covered. */
function notCovered(services: Service[]): Missed[] {
  const names = services
    .filter(({ covered, used, name }) => !covered && used !== undefined && !REMOTE.includes(name))
    .map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    { what: `not covered: ${names.join(", ")}`, why: `their files in ${FOLDER} do not name pam_sallyport.so, so they ask for no factor` },
  ];
}

async function judgeOrder(services: Service[], machine: MachineFacts, signal: AbortSignal): Promise<Answer> {
  const asking = services.filter(({ asks }) => asks);
  if (asking.length === 0) return { seen: [] };
  const faults = new Map<string, Fault & { services: string[] }>();
  for (const { name, stacks } of asking) {
    const bare = name === "sshd" && !rulesOf(stacks.auth).some(checksPassword);
    const more = bare && (await keysComeFirst(machine, signal));
    for (const fault of judgeAuth(stacks.auth, name, more)) {
      const key = `${place(fault.rule)} ${fault.what}`;
      const known = faults.get(key);
      if (known) known.services.push(name);
      else faults.set(key, { ...fault, services: [name] });
    }
  }
  const proofOf = ({ what, rule, services: names }: Fault & { services: string[] }): Proof => {
    return { what: `${names.join(", ")}: ${what}`, value: rule.text, where: place(rule) };
  };
  const all = [...faults.values()];
  const sure = all.filter((fault) => fault.sure);
  if (sure.length > 0) return { seen: [confirmed("pam.order", sure.map(proofOf))] };
  if (all.length > 0) return { seen: [{ cause: "pam.order", verdict: "candidate", evidence: all.map(proofOf) }] };
  return {
    seen: [
      ruledOut("pam.order", "asked after the password, and nothing lets in before", asking.map(({ name }) => name).join(", "), FOLDER),
    ],
  };
}

async function keysComeFirst(machine: MachineFacts, signal: AbortSignal): Promise<boolean> {
  const look = await lookAtSshd(machine, processesOf(machine.root), signal);
  return look.running && look.daemons.length > 0 && look.daemons.every(provesMore);
}

export const place = ({ file, line }: Rule): string => `${file}:${line}`;

function proof(what: string, value: string | undefined, rule: Rule): Proof[] {
  return value === undefined ? [] : [{ what, value, where: place(rule) }];
}

const some = (cause: Seen["cause"], evidence: Proof[]): Seen[] => (evidence.length > 0 ? [confirmed(cause, evidence)] : []);

/** A file that several services include is told once. */
function distinct<T extends { file: string; line: number }>(all: T[]): T[] {
  return [...new Map(all.map((one) => [`${one.file}:${one.line}`, one])).values()];
}
