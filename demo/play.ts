/** Plays one scene: brings the fault about, logs on, asks why, puts it right, and logs on again. */
import type { Answer, Machine, Why } from "./machine.ts";
import type { Org, Person } from "./org.ts";
import type { Fault, Scene } from "./scenes.ts";

export interface Place {
  org: Org;
  app: string;
  machine: Machine;
  /** What each logon at this machine shows anyway: a legacy machine is a finding. */
  always: readonly string[];
  newPerson(): Promise<Person>;
}

export interface Played {
  scene: Scene;
  broken: Tried;
  repaired: Tried;
  /** Empty if the cause was named, and nothing was left of it when the fault was gone. */
  complaints: string[];
}

export interface Tried {
  answer: Answer;
  why: Why;
}

export async function play(scene: Scene, place: Place): Promise<Played> {
  const person = await place.newPerson();
  const fault = await scene.bring({ ...place, person });
  const broken = await tryOn(place.machine, person, fault);
  await fault.repair();
  // A code works once: who was let in needs another, or another person.
  const next = broken.answer.result === "allow" ? await place.newPerson() : person;
  const repaired = await tryOn(place.machine, next);
  return { scene, broken, repaired, complaints: [...judge(scene, broken), ...judgeRight(repaired, place.always)] };
}

export async function tryOn(machine: Machine, person: Person, fault?: Fault): Promise<Tried> {
  const answer = await machine.logOn(person, fault?.password ?? person.password);
  return { answer, why: await machine.why(answer.reference) };
}

function judge({ cause, expected }: Scene, { answer, why }: Tried): string[] {
  const refused = expected === "refused";
  const named = refused ? why.cause === cause : why.findings.some((found) => found.cause === cause);
  const told = `why says ${why.cause ?? "no cause"}, findings: ${why.findings.map((found) => found.cause).join(" ") || "none"}`;
  return [
    ...(answer.result === (refused ? "deny" : "allow") ? [] : [`it should have been ${expected}, and was ${answer.result}`]),
    ...(named ? [] : [`${cause} was not named: ${told}`]),
  ];
}

/** A logon with nothing wrong: let in, no cause, and no finding but what this machine always shows. */
export function judgeRight({ answer, why }: Tried, always: readonly string[]): string[] {
  const left = why.findings.map(({ cause }) => cause).filter((cause) => !always.includes(cause));
  return [
    ...(answer.result === "allow" ? [] : [`without a fault the logon was refused: ${why.cause}`]),
    ...(why.cause === null ? [] : [`without a fault why names ${why.cause}`]),
    ...(left.length === 0 ? [] : [`without a fault why shows ${left.join(" ")}`]),
  ];
}
