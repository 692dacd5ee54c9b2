/** All checks of the machine itself. */
import type { Check } from "../../check.ts";
import type { HostFacts } from "../facts.ts";
import { diskChecks } from "./disk.ts";
import { doorChecks } from "./door.ts";
import { failModeChecks } from "./fail-modes.ts";
import { fileChecks } from "./files.ts";
import { pamChecks } from "./pam/checks.ts";
import { rdpChecks } from "./rdp.ts";
import { rightChecks } from "./rights.ts";
import { selfCheckChecks } from "./self-check.ts";

export function machineChecks(): Check<HostFacts>[] {
  return [
    ...fileChecks(),
    ...rightChecks(),
    ...doorChecks(),
    ...failModeChecks(),
    ...selfCheckChecks(),
    ...diskChecks(),
    ...pamChecks(),
    ...rdpChecks(),
  ];
}
