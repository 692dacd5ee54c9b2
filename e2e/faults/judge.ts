/** Holds a diagnosis against what was truly done to the machine: the root first, nothing else claimed, the right place named. */
import type { DoctorFinding } from "@sallyport/contracts";
import type { Fault, Pair } from "./fault.ts";
import type { Answer } from "./world.ts";

/** Empty if the doctor is right. */
export function judgeBroken({ root, fix, seen, beside = [] }: Fault, { code, diagnosis }: Answer): string[] {
  const confirmed = confirmedOf(diagnosis.findings);
  const [first] = diagnosis.findings;
  const why = `confirmed: ${confirmed.map(({ cause }) => cause).join(" ") || "nothing"}`;
  if (first?.cause !== root || first.verdict !== "confirmed")
    return [`${root} does not stand first; ${why}`, ...confirmed.map(proofsOf), ...unseen(diagnosis.notLookedAt)];
  const allowed = [root, ...beside];
  const claimed = confirmed.filter(({ cause }) => !allowed.includes(cause) && !explained(cause, new Set([root]), confirmed));
  return [
    ...claimed.map(({ cause }) => `${cause} is confirmed beside it, and does not depend on it`),
    ...(holds(first.fix, fix) ? [] : [`the fix does not name ${fix}: ${first.fix}`]),
    ...(seen === undefined || first.evidence.some((one) => holds(`${one.what} ${one.value} ${one.where}`, seen))
      ? []
      : [`the evidence does not name ${seen}: ${JSON.stringify(first.evidence)}`]),
    ...(diagnosis.healthy ? ["it is called healthy"] : []),
    ...(code === 1 ? [] : [`the exit code is ${code}`]),
  ];
}

/** `beside`: what stays, since it is no fault of this matrix. */
export function judgeRepaired({ code, diagnosis }: Answer, beside: Fault["root"][] = []): string[] {
  const found = diagnosis.findings.filter(({ verdict }) => verdict === "confirmed" || verdict === "candidate");
  const left = found.filter(({ cause }) => !beside.includes(cause));
  const healthy = beside.length === 0;
  return [
    ...left.map(({ cause, verdict, evidence }) => `when it was gone, ${cause} was still ${verdict}: ${JSON.stringify(evidence)}`),
    ...(diagnosis.incidents.length === 0 ? [] : ["when it was gone, an incident was left"]),
    ...(diagnosis.healthy === healthy ? [] : [`when it was gone, it was not called healthy: ${JSON.stringify(diagnosis.notLookedAt)}`]),
    ...(code === (healthy ? 0 : 1) ? [] : [`when it was gone, the exit code was ${code}`]),
  ];
}

/** Both faults confirmed and nothing beyond them; or the one that hides the other as root, and nothing said of the other. */
export function judgePair({ expect }: Pair, first: Fault, second: Fault, { diagnosis, code }: Answer): string[] {
  const confirmed = confirmedOf(diagnosis.findings);
  const names = confirmed.map(({ cause }) => cause);
  const roots = new Set(expect === "both" ? [first.root, second.root] : [first.root]);
  const claimed = confirmed.filter(({ cause }) => !roots.has(cause) && !explained(cause, roots, confirmed));
  const missing = [...roots].filter((root) => !names.includes(root));
  const [head] = names;
  const other = expect === "hidden" ? diagnosis.findings.find(({ cause }) => cause === second.root) : undefined;
  const said = other?.verdict === "confirmed" || other?.verdict === "ruled-out";
  return [
    ...missing.map((root) => `${root} is not confirmed; confirmed: ${names.join(" ") || "nothing"}`),
    ...(head !== undefined && roots.has(head) ? [] : [`${head} stands first`]),
    ...claimed.map(({ cause, evidence }) => `${cause} is confirmed beside them: ${JSON.stringify(evidence)}`),
    ...(said ? [`${second.root} cannot be seen, and is ${other?.verdict}: ${JSON.stringify(other?.evidence)}`] : []),
    ...(code === 1 ? [] : [`the exit code is ${code}`]),
  ];
}

const confirmedOf = (findings: DoctorFinding[]) => findings.filter(({ verdict }) => verdict === "confirmed");

/** Hangs on one of the roots, be it by others that are confirmed as well. */
function explained(cause: DoctorFinding["cause"], roots: Set<DoctorFinding["cause"]>, confirmed: DoctorFinding[]): boolean {
  const above = confirmed.find((one) => one.cause === cause)?.dependsOn ?? [];
  return above.some((id) => roots.has(id) || (id !== cause && explained(id, roots, confirmed)));
}

const holds = (text: string, place: string | RegExp) => (typeof place === "string" ? text.includes(place) : place.test(text));

const proofsOf = ({ cause, evidence }: DoctorFinding) => `${cause}: ${JSON.stringify(evidence)}`;

const unseen = (missed: { what: string; why: string }[]) => missed.map(({ what, why }) => `not looked at: ${what}: ${why}`);
