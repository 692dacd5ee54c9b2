/** Causes of the stage *identity*: the org cannot tell which host is asking, or the host cannot tell which org to ask. */
import type { CauseRows } from "./cause.ts";
import { MACHINE } from "./person.ts";

const CONFIG_FILES = {
  linux: "/etc/sallyport/agent.json",
  windows: "%ProgramData%\\Sallyport\\agent.json",
} as const;

const ENROL_ANEW =
  "enrol the host anew: `sallyport host code --app APP` on the org makes a code, `sallyport host enrol` on the host reads it.";

export const IDENTITY = {
  "client.unknown": {
    kind: "refusal",
    title: "The org does not know this host",
    person: MACHINE,
    administrator:
      "The org has never given out the id that this host signs with, or has deleted it: the host was enrolled in another org, or its id was edited. Seen from the host alone it can also be a wrong key, since the org tells a caller that proved nothing no more than 401.",
    evidence: ["hostId", "org", "endpoint", "status", "errorId"],
    who: "administrator",
    fix: { any: `Look for the host in \`sallyport host list\`. Then ${ENROL_ANEW}` },
    dependsOn: ["client.id-mangled", "client.secret-wrong", "client.secret-mangled", "url.wrong-org"],
    okta: "(401) Unauthorized, or the dialog Display Failed: client id mistyped",
  },
  "client.id-mangled": {
    kind: "refusal",
    title: "The host's id holds a character that no id has",
    person: MACHINE,
    administrator:
      "The id in the configuration holds a character that does not belong there, as often after copy and paste. The evidence names the character and its position.",
    evidence: ["file", "position", "character", "reason"],
    who: "administrator",
    fix: { any: `Remove the character at that position, typing instead of pasting. Or drop the typed values and ${ENROL_ANEW}` },
    okta: "(401) Unauthorized: client id mangled by copy and paste between systems",
  },
  "client.secret-wrong": {
    kind: "refusal",
    title: "The host's signature does not verify",
    person: MACHINE,
    administrator:
      "The org knows this host, but the request was signed with another key than the one the host enrolled with. Usually the host's state folder was replaced or restored, or a secret was mistyped.",
    evidence: ["hostId", "keyId", "kidExpected", "orgUrl", "answer"],
    who: "administrator",
    fix: { any: `Give the host a new key, which means: ${ENROL_ANEW}` },
    dependsOn: ["client.secret-mangled", "client.secret-retired"],
    okta: "(401) Unauthorized, or the dialog Display Failed: client secret mistyped",
  },
  "client.secret-mangled": {
    kind: "refusal",
    title: "The client secret cannot be what was issued",
    person: MACHINE,
    administrator:
      "The typed secret is too short, cannot be decoded, or holds white space, a quote, an invisible or a look-alike character. The evidence names the position, never the secret.",
    evidence: ["file", "position", "character", "reason"],
    who: "administrator",
    fix: {
      any: `Enter the secret again on the host itself, through a plain text editor. Or drop the typed values and ${ENROL_ANEW}`,
      windows:
        "For the other product: back up its folder, uninstall, check that the folder is gone, and install again with the secret copied on the server itself.",
    },
    okta: "'HS256' requires a key size of at least '128' bits; Invalid length for a Base-64 char array or string",
  },
  "client.secret-retired": {
    kind: "refusal",
    title: "The host still uses a secret that was rotated out",
    person: MACHINE,
    administrator:
      "The signature is right, but for a secret that was replaced on the date in the evidence. The host was missed by the rotation.",
    evidence: ["hostId", "client", "retiredAt"],
    who: "administrator",
    fix: {
      any: `Put the newest secret of the pair on the host; \`sallyport client rotate ID\` makes one and shows it once. Or give the host a key of its own, which no rotation touches: ${ENROL_ANEW}`,
    },
    okta: "after a rotation: a reset secret needs a reinstall on every server",
  },
  "client.revoked": {
    kind: "refusal",
    title: "The host or its app was disabled",
    person: MACHINE,
    administrator:
      "Somebody revoked this host or deactivated its app; the evidence says who and when. All its logons are refused until it is enrolled again.",
    evidence: ["since", "by", "app", "status"],
    who: "administrator",
    fix: { any: `See \`sallyport host show HOST\` and \`sallyport app show APP\`. If the host should be in use, ${ENROL_ANEW}` },
  },
  "client.pending": {
    kind: "refusal",
    title: "The host waits for an administrator's approval",
    person: MACHINE,
    administrator:
      "The host registered itself with a client id and secret that asks for an approval of each machine, and nobody has approved it yet. Until then all its logons are refused.",
    evidence: ["since", "client", "name"],
    who: "administrator",
    fix: {
      any: "Look at it with `sallyport host show HOST`. If it is yours, run `sallyport host approve HOST`, else `sallyport host revoke HOST`.",
    },
  },
  "client.capped": {
    kind: "refusal",
    title: "The client id has registered as many hosts as it may",
    person: MACHINE,
    administrator:
      "Each pair of client id and secret registers a bounded number of hosts, and this one has reached its bound. Either the fleet is larger than was said, or somebody has the secret who should not.",
    evidence: ["client", "cap"],
    who: "administrator",
    fix: {
      any: "Compare `sallyport host list` with the machines that you have. If all are yours, make another pair with `sallyport client add`; if not, run `sallyport client revoke ID` and revoke the hosts that you do not know.",
    },
  },
  "client.legacy": {
    kind: "finding",
    title: "The host signs with a shared secret instead of a key of its own",
    person: MACHINE,
    administrator:
      "The app is set to `legacy`: whoever holds the secret can act as each of the hosts that use it, and a host whose clock is off is refused instead of corrected. It works, and stays a finding until the host has a key of its own.",
    evidence: ["client", "app"],
    who: "administrator",
    fix: {
      any: "On the host run `sallyport host register` again without `--legacy` and with `--replace`. When no host needs it any more, run `sallyport app legacy APP off`.",
    },
    okta: "the only way: every logon is signed with the client secret",
  },
  "client.assertion-invalid": {
    kind: "refusal",
    title: "The host's signed request breaks a rule",
    person: MACHINE,
    administrator:
      "The signature belongs to the host, but its algorithm, type, audience, lifetime or body hash is not as agreed; the evidence says which. Something between host and org changes requests, or the host is set to another address of the org.",
    evidence: ["which", "is", "shouldBe", "errorId"],
    who: "administrator",
    fix: {
      any: "If the evidence names `aud`, correct `org` in agent.json to the address that `sallyport serve` prints. If it is `bh`, take the proxy that rewrites requests out of the way. Otherwise install the org's version of the agent.",
    },
    dependsOn: ["url.wrong-org", "agent.version"],
  },
  "client.replayed": {
    kind: "refusal",
    title: "A signed request came a second time",
    person: MACHINE,
    administrator:
      "The org has seen this very request before and refuses the copy. A proxy repeats requests, or somebody recorded one and tries it again.",
    evidence: ["jti", "address", "errorId"],
    who: "network",
    fix: {
      any: "Compare the address in the evidence with the host's own. If it is a proxy, switch off its retries for the org's address; if it is nobody you know, revoke the host with `sallyport host revoke HOST` and enrol it again.",
    },
  },
  "client.cloned": {
    kind: "refusal",
    title: "Two machines use one host's identity",
    person: MACHINE,
    administrator:
      "A state of this host came back that another machine has already moved on from: the disk was copied or an old snapshot restored. The host is suspended, so neither machine can log anybody on.",
    evidence: ["since", "generation", "bootId", "address"],
    who: "administrator",
    fix: {
      any: "On each of the machines remove the state folder, then enrol it with its own code: `sallyport host code --app APP` on the org, `sallyport host enrol` on the machine. Never copy that folder into an image.",
      linux: "The state folder is /var/lib/sallyport.",
      windows: "The state folder is %ProgramData%\\Sallyport.",
    },
  },
  "url.malformed": {
    kind: "refusal",
    title: "The org's address is not a usable URL",
    person: MACHINE,
    administrator:
      "The address of the org is not https, or has a path, a query, a user name or white space in it. The evidence says what and at which position.",
    evidence: ["file", "value", "reason", "position"],
    who: "administrator",
    fix: {
      any: "Set `org` to scheme, name and port only, such as https://sallyport.example.com.",
      linux: `The file is ${CONFIG_FILES.linux}.`,
      windows: `The file is ${CONFIG_FILES.windows}.`,
    },
    okta: "(401) Unauthorized, or the dialog Display Failed: org URL mistyped",
  },
  "url.trailing-slash": {
    kind: "finding",
    title: "The org's address ends in a slash",
    person: MACHINE,
    administrator:
      "The address is right but for the slash at its end. Sallyport accepts it; the other product refuses every logon because of it.",
    evidence: ["file", "value"],
    who: "administrator",
    fix: {
      any: "Remove the slash at the end of the address, and start the agent again: it reads its settings when it starts.",
      windows: "For the other product: edit rdp_app_config.json in its config folder.",
    },
    okta: "(401) Unauthorized: trailing slash in the org URL",
  },
  "url.wrong-org": {
    kind: "refusal",
    title: "Another org, or no org at all, answers at this address",
    person: MACHINE,
    administrator: "Something answers at the configured address, but it cannot show the key of the org that this host was enrolled in.",
    evidence: ["org", "answer", "status", "endpoint", "error"],
    who: "administrator",
    fix: {
      any: `Compare \`org\` in agent.json with the address that \`sallyport serve\` prints. If the org was set up anew, do this for every host: ${ENROL_ANEW}`,
    },
    dependsOn: ["url.malformed", "net.captive"],
    okta: "(401) Unauthorized, or the dialog Display Failed: org URL mistyped",
  },
  "config.missing": {
    kind: "refusal",
    title: "The configuration file is not there",
    person: MACHINE,
    administrator: "The file in the evidence does not exist, so the agent does not know which org to ask and refuses every logon.",
    evidence: ["file", "reason"],
    who: "administrator",
    fix: {
      any: "Put the file back from a backup, or enrol the host again with `sallyport host enrol`, which writes it.",
      linux: `The file is ${CONFIG_FILES.linux}.`,
      windows: `The file is ${CONFIG_FILES.windows}.`,
    },
  },
  "config.unreadable": {
    kind: "refusal",
    title: "The configuration file cannot be read",
    person: MACHINE,
    administrator:
      "The file in the evidence exists, but the system does not let the agent read it. The evidence holds the system's own words.",
    evidence: ["file", "reason"],
    who: "administrator",
    fix: {
      linux: `Run \`chown root:root ${CONFIG_FILES.linux} && chmod 600 ${CONFIG_FILES.linux}\`, then start the agent again.`,
      windows:
        'Run `icacls "%ProgramData%\\Sallyport\\agent.json" /grant "*S-1-5-18:F" "*S-1-5-32-544:F"` as administrator, then restart the service.',
    },
  },
  "config.invalid": {
    kind: "refusal",
    title: "The configuration file has a mistake",
    person: MACHINE,
    administrator:
      "The file is not valid JSON, or has an unknown key, a wrong type or a value out of range. The evidence gives line and column of each mistake and, for an unknown key, the one that was probably meant.",
    evidence: ["file", "line", "column", "reason"],
    who: "administrator",
    fix: {
      any: "Correct the line in the evidence and start the agent again; `sallyport agent status` reads the file and shows what is still wrong.",
    },
    okta: "Invalid length for a Base-64 char array or string: rdp_app_config.json edited by hand",
  },
  "config.exposed": {
    kind: "refusal",
    title: "Other accounts can read or change the configuration",
    person: MACHINE,
    administrator:
      "The file or a folder above it belongs to somebody other than the system, or others may read or write it. What it says can no longer be trusted, so the agent does not use it.",
    evidence: ["file", "reason"],
    who: "administrator",
    fix: {
      linux:
        "Read the file and see that nobody has changed it. Run `chown -R root:root /etc/sallyport /var/lib/sallyport && chmod 600 /etc/sallyport/agent.json && chmod 700 /var/lib/sallyport`, then start the agent again.",
      windows:
        'Read the file and see that nobody has changed it. Run `icacls "%ProgramData%\\Sallyport" /inheritance:r /grant:r "*S-1-5-18:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F"` as administrator, then restart the service.',
    },
  },
  "config.risky": {
    kind: "finding",
    title: "A setting lets people in without a second factor",
    person: MACHINE,
    administrator:
      "The configuration is valid, but a setting in it opens a way past the second factor, or switches a protection off. The evidence names the setting and what it allows.",
    evidence: ["file", "setting", "value"],
    who: "administrator",
    fix: { any: "Read what the setting in the evidence allows. If nobody decided that on purpose, set it back to its safe value." },
    okta: "rdp_app_config.json: InternetFailOpenOption is true, SslPinningEnabled is false, FilterCredentialProvider is false, RdpOnly is true",
  },
} as const satisfies CauseRows;
