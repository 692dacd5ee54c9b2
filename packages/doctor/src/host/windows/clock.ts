/** Is the machine's clock right, as `w32tm` measured it, and does anything keep it so. */
import { LIMITS, type Proof } from "@sallyport/contracts";
import type { Answer } from "../../check.ts";
import { zoneGuess } from "../../probe/judge.ts";
import { answer, known, type Look, notKnown, seen, whyNot } from "./look.ts";

/** What Kerberos allows by default: beyond it a domain refuses, whichever of the two clocks is wrong. */
const KERBEROS_MS = 300_000;
const RUNNING = 4;
const DISABLED = 4;
/** As NTP has it (RFC 5905): the clock is not synchronised. */
const NOT_SYNCHRONISED = 3;
/** Member or controller of a domain. */
const inDomain = (role: number) => role !== 0 && role !== 2;

export function hostClock(look: Look, title: string): Answer {
  const measured = known(look, "stripchart");
  if (!measured) return unmeasured(look, title);
  const sorted = [...measured.offsets].sort((a, b) => a - b);
  const seconds = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const off = Math.abs(seconds) * 1000;
  // One time source alone may itself be wrong by a little.
  const verdict = off >= KERBEROS_MS ? "confirmed" : off > LIMITS.clockFindingMs ? "candidate" : "ruled-out";
  const value = `${seconds} s against ${measured.against}${verdict === "ruled-out" ? "" : zone(seconds)}`;
  const proof: Proof = { what: "w32tm /stripchart", value, where: look.where("stripchart.offsets") };
  return answer(seen("clock.host", verdict, proof, ...(verdict === "ruled-out" ? [] : [...ownZone(look), ...keeping(look)])));
}

/** What a person needs for the next look: the zone that the machine believes to be in. */
function ownZone(look: Look): Proof[] {
  const machine = known(look, "machine");
  if (!machine?.timeZone) return [];
  return [
    { what: "time zone", value: `${machine.timeZone}, ${machine.utcOffsetMinutes} min from UTC`, where: look.where("machine.timeZone") },
  ];
}

/** Without a measurement, a clock that nothing keeps may be off; it need not be. */
function unmeasured(look: Look, title: string): Answer {
  const against = keeping(look);
  if (against.length > 0) return answer(seen("clock.host", "candidate", ...against));
  return notKnown(title, whyNot(look, "stripchart"));
}

function keeping(look: Look): Proof[] {
  const proofs: Proof[] = [];
  const services = known(look, "services");
  const machine = known(look, "machine");
  const say = (value: string) => proofs.push({ what: "service W32Time", value, where: look.where("services.W32Time") });
  if (services?.W32Time === null) say("there is none: nothing keeps the clock");
  else if (services?.W32Time.start === DISABLED) say("disabled: nothing keeps the clock");
  // In no domain Windows starts the service now and then only.
  else if (services && services.W32Time.state !== RUNNING && machine && inDomain(machine.domainRole))
    say("not running, on a machine of a domain");
  if (known(look, "timeStatus")?.leap === NOT_SYNCHRONISED)
    proofs.push({ what: "w32tm /query /status", value: "leap indicator 3: not synchronised", where: look.where("timeStatus.leap") });
  return proofs;
}

/** Pages do not say which of the two clocks is ahead by a positive number, so no zone is named. */
function zone(seconds: number): string {
  return zoneGuess(seconds * 1000) === undefined ? "" : "; near a multiple of 15 minutes: a time zone taken for UTC";
}
