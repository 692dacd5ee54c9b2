/** Is the machine's clock right, as `w32tm` measured it, and does anything keep it so. */
import type { Proof } from "@sallyport/contracts";
import type { Answer } from "../../check.ts";
import { CLOCK_DOUBTFUL_MS, CLOCK_WRONG_MS } from "../../okta/look-at-org.ts";
import { answer, known, type Look, notKnown, seen, whyNot } from "./look.ts";

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
  const verdict = off >= CLOCK_WRONG_MS ? "confirmed" : off >= CLOCK_DOUBTFUL_MS ? "candidate" : "ruled-out";
  const value = `${seconds} s against ${measured.against}${verdict === "ruled-out" ? "" : zone(seconds)}`;
  const proof: Proof = { what: "w32tm /stripchart", value, where: look.where("stripchart.offsets") };
  return answer(seen("clock.host", verdict, proof, ...(verdict === "ruled-out" ? [] : keeping(look))));
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

const QUARTER_S = 15 * 60;

function zone(seconds: number): string {
  const quarters = Math.round(seconds / QUARTER_S);
  return quarters !== 0 && Math.abs(seconds - quarters * QUARTER_S) < 90
    ? "; near a multiple of 15 minutes: a time zone taken for UTC"
    : "";
}
