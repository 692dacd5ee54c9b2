/** All checks of the machine itself. */
import type { Check } from "../../check.ts";
import type { HostFacts } from "../facts.ts";
import { fileChecks } from "./files.ts";

export function machineChecks(): Check<HostFacts>[] {
  return [...fileChecks()];
}
