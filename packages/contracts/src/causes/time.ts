/** Causes of the stage *time*: somebody's clock is off. */
import type { CauseRows } from "./cause.ts";
import { LATER, MACHINE, WRONG_CODE } from "./person.ts";

export const TIME = {
  "clock.host": {
    kind: "refusal",
    title: "The host's clock is off",
    person: MACHINE,
    administrator:
      "The host's clock is ahead of or behind the org's by the seconds in the evidence. If that is close to a multiple of 15 minutes, local time was taken for UTC or the time zone is wrong.",
    evidence: ["offsetMs", "offsetSeconds", "direction", "hostTime", "orgTime", "timeZoneGuess"],
    who: "administrator",
    fix: {
      any: "Set the clock and let the machine keep it by NTP. On a virtual machine, also switch off the time taken from the hypervisor if that one is wrong.",
      linux: "Run `timedatectl set-ntp true` and look at `timedatectl status`; set the zone with `timedatectl set-timezone ZONE`.",
      windows: 'Run `w32tm /resync /force` and look at `w32tm /query /status`; set the zone with `tzutil /s "ZONE"`.',
    },
    dependsOn: ["clock.org"],
    okta: "(401) Unauthorized: the server's time or date is skewed",
  },
  "clock.org": {
    kind: "refusal",
    title: "The org's own clock is off",
    person: LATER,
    administrator:
      "The clock of the machine that runs the org differs from its time source, or has jumped. Codes of all people look wrong until it is right.",
    evidence: ["offsetMs", "source", "jumpMs"],
    who: "administrator",
    fix: {
      linux:
        "On the machine that runs the org: `timedatectl set-ntp true`, then `timedatectl status` until it says that the clock is synchronised.",
      windows: "On the machine that runs the org: `w32tm /resync /force`, then `w32tm /query /status`.",
    },
  },
  "clock.factor": {
    kind: "refusal",
    title: "The code is right, but for another time",
    person: WRONG_CODE,
    administrator:
      "The code belongs to this user but to a moment the given number of 30-second steps away: the clock of the phone or token is off. The code was refused and is used up.",
    evidence: ["steps", "seconds", "failures"],
    who: "person",
    fix: {
      any: "The person switches on automatic date and time on the phone. A hardware token that has drifted up to a minute is followed after `sallyport factor resync USER totp`; one that is further off is replaced: `sallyport factor reset USER totp`, then `sallyport factor enrol USER totp`.",
    },
    dependsOn: ["clock.org"],
  },
} as const satisfies CauseRows;
