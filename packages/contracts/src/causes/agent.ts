/** Causes of the stage *agent*: the parts of Sallyport on the machine itself. */
import type { CauseRows } from "./cause.ts";
import { LATER, LET_IN, MACHINE, REFUSED } from "./person.ts";

export const AGENT = {
  "agent.unreachable": {
    kind: "refusal",
    title: "The agent on this machine does not answer",
    person: MACHINE,
    administrator:
      "The logon screen or PAM module could not speak to the agent: it is not running, its door is closed, or it did not answer in time.",
    evidence: ["path", "error", "detail"],
    who: "administrator",
    fix: {
      any: "Run `sallyport agent status`. If you cannot get in at all, use the console of the machine or its recovery mode.",
      linux:
        "Start the agent: its service, or `sallyport agent run`. It says why if it cannot; see /var/log/sallyport/agent.log. The socket is /run/sallyport/agent.sock.",
      windows: "Start the service in services.msc; see the log in %ProgramData%\\Sallyport.",
    },
    dependsOn: ["config.missing", "config.unreadable", "config.invalid", "config.exposed", "door.untrusted", "agent.fault", "host.disk"],
  },
  "agent.fault": {
    kind: "refusal",
    title: "The agent failed unexpectedly",
    person: LATER,
    administrator:
      "Something went wrong inside the agent that nobody foresaw. The logon was refused, and the agent's log holds the details under the logon's reference.",
    evidence: ["error", "step", "reason", "errorId"],
    who: "vendor",
    fix: {
      any: "Find the reference in the agent's log and report that line with the version. If it repeats, start the agent again.",
      linux: "The log is /var/log/sallyport/agent.log.",
      windows: "The log is in %ProgramData%\\Sallyport.",
    },
    dependsOn: ["host.disk"],
  },
  "door.malformed": {
    kind: "refusal",
    title: "A message at the agent's door was not understood",
    person: LATER,
    administrator:
      "What one side sent is no message of the agreed form: not JSON, too long, an unknown field, or out of order. The evidence says which; the connection was closed.",
    evidence: ["direction", "reason", "bytes", "detail", "peer"],
    who: "vendor",
    fix: {
      any: "Install agent and logon module of the same version. If they are, something else speaks to the agent: the evidence names the process.",
      linux: "The module is pam_sallyport.so in the system's PAM folder; the agent's version shows in `sallyport agent status`.",
      windows: "Run the installer again with its repair option.",
    },
    dependsOn: ["agent.version"],
  },
  "door.untrusted": {
    kind: "refusal",
    title: "The other side of the agent's door cannot be trusted",
    person: MACHINE,
    administrator:
      "The socket or pipe, a folder above it, or the process behind it does not belong to the system. Somebody may have put their own in its place, so no word was exchanged.",
    evidence: ["folder", "reason", "path", "peer"],
    who: "administrator",
    fix: {
      any: "Find out who made it: the evidence names owner and process. On a machine that others use, take this for an attack until shown otherwise.",
      linux:
        "Stop the agent, remove /run/sallyport, and start the agent again. `/run/sallyport` and every folder above it must be root's and writable by nobody else.",
      windows: "Stop the service, end the process that holds the pipe, and start the service again.",
    },
  },
  "agent.version": {
    kind: "refusal",
    title: "The agent and the org are too far apart in version",
    person: MACHINE,
    administrator: "The agent is older or newer than what this org still speaks. The evidence shows both versions.",
    evidence: ["agentVersion", "orgVersion", "oldestAccepted"],
    who: "administrator",
    fix: { any: "Install the org's version of the agent on the host. `sallyport host list` shows which other hosts need it." },
  },
  "agent.not-armed": {
    kind: "warning",
    title: "The agent is installed but not armed",
    person: LET_IN,
    administrator: "The agent on this host asks nobody for a second factor until it is armed. People log on with the password alone.",
    evidence: ["host", "version", "since"],
    who: "administrator",
    fix: { any: "Run `sallyport agent arm` on the host; it checks first whether a logon would work." },
  },
  "agent.decision-invalid": {
    kind: "refusal",
    title: "The org's decision does not hold",
    person: MACHINE,
    administrator:
      "The signed answer for this logon is not good: signature, one-time value, user, host or time is not as it must be. The evidence says which. Nobody is let in by it.",
    evidence: ["check", "detail", "what"],
    who: "administrator",
    fix: {
      any: "If the signature is wrong after a new set-up or a restore of the org, enrol the host again: `sallyport host code --app APP`, `sallyport host enrol`. Otherwise something between host and org changes answers: look for a proxy.",
    },
    dependsOn: ["url.wrong-org"],
  },
  "provider.missing": {
    kind: "finding",
    title: "Sallyport is not part of this machine's logon",
    person: REFUSED,
    administrator:
      "The credential provider is not registered, or no PAM file names the module. People are not asked for a second factor there.",
    evidence: ["service", "file", "registered"],
    who: "administrator",
    fix: {
      linux:
        "Put the lines for pam_sallyport.so into the file of the service under /etc/pam.d, as docs/pam.md shows. If the module's file is not there, install the package sallyport-agent again.",
      windows: "Run the installer again with its repair option; then lock the machine and see whether the tile appears.",
    },
    okta: "the tile does not appear after installation",
  },
  "provider.filtered": {
    kind: "finding",
    title: "Another provider or a policy hides Sallyport's tile",
    person: REFUSED,
    administrator:
      "The credential provider is registered, but a filter of another product or a group policy removes it, or its value `Disabled` is set.",
    evidence: ["clsid", "filteredBy", "disabled"],
    who: "administrator",
    fix: {
      windows:
        "See the keys under `HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\Credential Provider Filters` and the value Disabled under Credential Providers. Group policy: Computer Configuration > Administrative Templates > System > Logon > Exclude credential providers.",
    },
    okta: "the tile does not appear: FilterCredentialProvider, or the registry value Disabled",
  },
  "pam.order": {
    kind: "finding",
    title: "The PAM lines stand in the wrong order",
    person: REFUSED,
    administrator:
      "A module before ours ends the logon with success, or ours is asked before the password was checked. The evidence names the file and the lines.",
    evidence: ["file", "line", "module", "control"],
    who: "administrator",
    fix: {
      linux:
        "Correct the file under /etc/pam.d as docs/pam.md shows: the password check first, with `[success=N …]` jumping to pam_sallyport.so and nothing `sufficient` before it. Keep a root shell open while you edit.",
    },
  },
  "pam.open-path": {
    kind: "refusal",
    title: "This way in does not ask for the second factor, and the policy does not permit it",
    person: REFUSED,
    administrator:
      "A logon came past the factor: by public key, NOPASSWD, or a `sufficient` line in an included file. The account line refuses it, since the policy holds no permit for this service and method; found by a check, it is a way in that is not closed.",
    evidence: ["service", "method", "username", "file", "line"],
    who: "administrator",
    fix: {
      any: "If this way in is meant to work without a code, add it under `permits` (service, method, users): `sallyport policy show --app APP > policy.json`, edit, `sallyport policy set policy.json --app APP`. Otherwise make it ask for a code, too.",
      linux:
        "Where the evidence names the account line, put `account required pam_sallyport.so` before the other account lines of that file (docs/pam.md). For sshd, `UsePAM yes`, `PasswordAuthentication no`, `KbdInteractiveAuthentication yes` and, where keys shall not do alone, `AuthenticationMethods publickey,keyboard-interactive:pam` in /etc/ssh/sshd_config; for sudo, remove NOPASSWD in visudo; in /etc/pam.d, use `substack` and not `include` around files with `sufficient`.",
    },
    dependsOn: ["pam.order"],
  },
  "pam.unprivileged": {
    kind: "refusal",
    title: "The program that asks may not speak to the agent",
    person: REFUSED,
    administrator: "The program runs as an ordinary account, as some screen lockers do, and the agent's door is open to root only.",
    evidence: ["service", "uid", "program"],
    who: "administrator",
    fix: {
      linux:
        "Take the pam_sallyport.so lines out of that program's file under /etc/pam.d, if a lock without a code is acceptable, or use a locker whose helper runs as root.",
    },
  },
} as const satisfies CauseRows;
