/** A dry run told in order: machine, name, user, right, policy, factor, what the person reads, what the machine hears. */
import { CAUSES, type DiagnosisStep, type DryRunAnswer } from "@sallyport/contracts";
import { assignedBy } from "./assigned-by.ts";
import { type DryRunUser, factorLine, namesOf, stateLine, type UserFacts, windowLine } from "./checks.ts";
import { sourceLine } from "./source.ts";

type Told = Pick<UserFacts, "typed" | "host" | "answer"> & { address: string | undefined };

export function tellStory({ typed, host, answer, address }: Told): DiagnosisStep[] {
  const { user, hosts } = answer;
  if (hosts.length !== 1)
    return [{ title: "Machine", outcome: hosts.length === 0 ? `${host} is unknown` : `${host} is not one machine`, why: [] }];
  return [
    machineStep(answer),
    nameStep(typed, answer),
    ...(user ? [userStep(user, answer), rightStep(user, answer), policyStep(user, answer, address), factorStep(user)] : []),
    personStep(answer),
    hearsStep(answer),
  ];
}

function machineStep({ hosts: [machine], app, secrets, at }: DryRunAnswer): DiagnosisStep {
  if (!machine) return { title: "Machine", outcome: "unknown", why: [] };
  const since = [machine.statusChanged && `since ${machine.statusChanged}`, machine.statusBy && `by ${machine.statusBy}`].filter(Boolean);
  return {
    title: "Machine",
    outcome: `${machine.name} of app ${machine.app}: ${[machine.status, ...since].join(" ")}`,
    why: [
      `id ${machine.id}, agent ${machine.version}, ${machine.armed ? "armed" : "not armed"}`,
      machine.lastSeen === null ? "no self-check yet" : `last self-check ${machine.lastSeen}`,
      ...(app && app.status !== "ACTIVE" ? [`app ${app.label} is ${app.status}`] : []),
      ...secrets.map(
        ({ created, retiresAt, state }) => `client secret of ${created}: ${state}${retiresAt === null ? "" : `, ends ${retiresAt}`}`,
      ),
      `judged as at ${at}`,
    ],
  };
}

function nameStep(typed: string, { names, judgement }: DryRunAnswer): DiagnosisStep {
  const found = names.find(({ decides }) => decides);
  const shape = judgement?.cause === "user.name-shape" ? judgement.evidence : undefined;
  const nobody = shape ? `nobody; written “${shape["foundAs"]}” it would be found, by rule ${shape["rule"]}` : "nobody";
  return {
    title: "Name",
    outcome: `“${typed}” is ${found ? `${namesOf(found.users)}, by rule ${found.rule}` : nobody}`,
    why: names.map(({ rule, looked, users, decides }) =>
      looked === null
        ? `${rule}: does not read a name of this form, or was tried already`
        : `${rule} “${looked}”: ${namesOf(users)}${decides ? " — decides" : ""}`,
    ),
  };
}

function userStep(user: DryRunUser, { sources }: DryRunAnswer): DiagnosisStep {
  const stand = sourceLine(sources, user.source);
  const why = [`id ${user.id}, source ${user.source}`, ...(stand === undefined ? [] : [`source ${user.source}: ${stand}`])];
  return { title: "User", outcome: `${user.login}: ${stateLine(user)}`, why };
}

function rightStep({ assigned, groups }: DryRunUser, { app }: DryRunAnswer): DiagnosisStep {
  const by = assignedBy(assigned);
  const outcome = by.length === 0 ? `not assigned to ${app?.label}` : `assigned to ${app?.label} ${by.join(" and ")}`;
  return { title: "Right", outcome, why: [`groups: ${groups.join(", ") || "none"}`] };
}

const SAYS = { factor: "asks for a factor", allow: "lets in without a factor", deny: "denies" } as const;

function policyStep({ policy }: DryRunUser, { zones, remote, exclusions }: DryRunAnswer, address: string | undefined): DiagnosisStep {
  return {
    title: "Policy",
    outcome: `rule “${policy.rule}” ${SAYS[policy.outcome]}${policy.factors ? ` (${policy.factors.join(", ")})` : ""}`,
    why: [
      `${remote ? "remote" : "local"}, from ${address ?? "an address that is not known"}`,
      ...zones.map(({ name, address: place }) => `zone ${name}: ${place === "missing" ? "there is none of this name" : place}`),
      ...policy.trace.map(({ rule, matched, because }) => `rule “${rule}” ${matched ? because : `does not match: ${because}`}`),
      ...exclusions.map(({ reason, onlyIf }) => `excluded on the machine${onlyIf === null ? "" : ` if ${onlyIf}`}: ${reason}`),
    ],
  };
}

const AGAINST = {
  state: "may not be used: it is not active",
  rule: "may not be used: the rule does not allow this kind",
  wait: "no code is looked at before the wait is over",
} as const;

function factorStep(user: DryRunUser): DiagnosisStep {
  const { factors, policy } = user;
  const window = factors.length === 0 ? windowLine(user) : undefined;
  const usable = factors.filter(({ why }) => why === null);
  const none = factors.length === 0 ? "none enrolled" : "none can be used now";
  const asked = policy.outcome === "factor" ? "" : " (not asked for)";
  return {
    title: "Factor",
    outcome: `${usable.map(({ kind }) => kind).join(", ") || none}${asked}`,
    why: [
      ...factors.map((one) => `${factorLine(one)} (${one.id}): ${one.why === null ? "ready" : AGAINST[one.why]}`),
      ...(window === undefined ? [] : [`window to enrol a first one: ${window}`]),
    ],
  };
}

function personStep({ judgement, user, exclusions }: DryRunAnswer): DiagnosisStep {
  const title = "The person";
  if (exclusions.some(({ onlyIf }) => onlyIf === null))
    return { title, outcome: "is let in by the machine, and asked for nothing", why: [] };
  if (judgement?.outcome === "refuse" && judgement.told)
    return { title, outcome: `reads: ${CAUSES[judgement.told].person} Reference: …`, why: [] };
  if (judgement?.outcome === "allow") return { title, outcome: "is let in, and asked for no factor", why: [] };
  if (user?.factors.length === 0 && user.window) return { title, outcome: enrols(user.window), why: [] };
  const usable = user?.factors.filter(({ why }) => why === null || why === "wait") ?? [];
  const waits = usable.length > 0 && usable.every(({ why }) => why === "wait");
  const wait = Math.min(...usable.map(({ waitSeconds }) => waitSeconds));
  const kinds = [...new Set(usable.map(({ kind }) => kind))].join(" or ");
  return {
    title,
    outcome: `is asked for a code (${kinds})`,
    why: waits ? [`whatever is typed within ${wait} s is not looked at, and the wait is shown`] : [],
  };
}

function enrols({ proof, confirmed }: NonNullable<DryRunUser["window"]>): string {
  if (proof === "ticket") return "is asked for the enrolment ticket, then enrols a first factor";
  return confirmed ? "enrols a first factor" : "waits for an administrator's word, then enrols a first factor";
}

function hearsStep({ judgement }: DryRunAnswer): DiagnosisStep {
  const title = "The machine";
  if (judgement?.outcome !== "refuse")
    return { title, outcome: judgement?.outcome === "allow" ? "hears yes, signed" : "hears which kinds of factor to ask for", why: [] };
  const { cause, told } = judgement;
  const kept = cause === told ? [] : [`the org keeps ${cause} to itself; \`sallyport why REFERENCE\` names it`];
  return { title, outcome: `hears ${told}`, why: kept };
}
