/** Can the logon screen reach the agent: its service, and the pipe that is its door. */
import type { Proof } from "@sallyport/contracts";
import type { Answer } from "../../check.ts";
import { answer, known, type Look, notKnown, seen, whyNot } from "./look.ts";
import { ours } from "./provider.ts";

const START_PENDING = 2;
const RUNNING = 4;
const DISABLED = 4;

/** Source: docs/windows-proof.md: the service `Sallyport` makes the pipe `\\.\pipe\ProtectedPrefix\Administrators\sallyport`, and the one by which it checks passwords. */
export function agentService(look: Look, title: string): Answer {
  const services = known(look, "services");
  if (!services) return notKnown(title, whyNot(look, "services"));
  const proof = (value: string): Proof => ({ what: "service Sallyport", value, where: look.where("services.Sallyport") });
  if (services.Sallyport === null) return noService(look, title, proof("there is none"));
  const { state, start } = services.Sallyport;
  if (state === START_PENDING) return answer(seen("agent.unreachable", "candidate", proof("still starting")));
  if (state !== RUNNING)
    return answer(seen("agent.unreachable", "confirmed", proof(`state ${state}, not running${start === DISABLED ? "; disabled" : ""}`)));
  const door = known(look, "door");
  if (!door) return notKnown(title, whyNot(look, "door"));
  const pipe: Proof = {
    what: "\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport",
    value: door.pipe ? "is there" : "is not there, though the service runs",
    where: look.where("door.pipe"),
  };
  const machine: Proof = {
    what: "\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport-machine",
    value: door.machine ? "is there" : "is not there, though the service runs: no password can be checked",
    where: look.where("door.machine"),
  };
  return answer(seen("agent.unreachable", door.pipe && door.machine ? "ruled-out" : "confirmed", proof("running"), pipe, machine));
}

/** Without a provider either, nothing of ours is installed, and nobody misses the agent. */
function noService(look: Look, title: string, proof: Proof): Answer {
  const providers = known(look, "providers");
  if (!providers) return notKnown(title, whyNot(look, "providers"));
  if (!ours(providers)) return notKnown(title, "neither the service nor the provider is there: nothing is installed", false);
  return answer(seen("agent.unreachable", "confirmed", proof));
}
