/** Causes of the stage *right*: whether this user may log on to this host, so, from there, now. */
import type { CauseRows } from "./cause.ts";
import { LATER, LET_IN, MACHINE, REFUSED } from "./person.ts";

export const RIGHT = {
  "app.not-assigned": {
    kind: "refusal",
    title: "The user is not assigned to the app",
    person: REFUSED,
    administrator:
      "The user exists and is active, but neither the user nor a group of theirs is assigned to the app that this host belongs to.",
    evidence: ["rule", "trace"],
    who: "administrator",
    fix: { any: "Run `sallyport assign APP USER`, or `sallyport assign APP GROUP --group` for everybody in a group." },
    okta: "(401) Unauthorized or (403) Forbidden: the user is not assigned to the RDP app",
  },
  "policy.denies": {
    kind: "refusal",
    title: "A rule of the policy denies this logon",
    person: REFUSED,
    administrator:
      "The rule named in the evidence says *deny* for this user, host, zone, kind of logon or hour. The evidence shows what each condition was compared with.",
    evidence: ["rule", "address", "trace"],
    who: "administrator",
    fix: {
      any: "Replay it with `sallyport policy rehearse --app APP --user USER --service SERVICE --from ADDRESS`. If the rule is wrong, correct it: `sallyport policy show --app APP > policy.json`, edit, `sallyport policy set policy.json --app APP`; if the zone is, `sallyport zone set ZONE CIDR…`.",
    },
    dependsOn: ["address.unknown"],
    okta: "(403) Forbidden: a policy denies by the network zone of the server's address",
  },
  "policy.no-mfa": {
    kind: "warning",
    title: "A rule lets in without a second factor",
    person: LET_IN,
    administrator:
      "The rule named in the evidence says *allow*, so nobody was asked for a code. This is not an error, but every such logon is recorded, since a rule too wide looks just the same.",
    evidence: ["rule", "trace", "permit", "exclusion"],
    who: "administrator",
    fix: {
      any: "If this logon should have asked, narrow or remove that rule: `sallyport policy show --app APP > policy.json`, edit, `sallyport policy set policy.json --app APP`. Without it the last rule, *ask for a factor*, applies.",
    },
    okta: "the dialog MFA Bypass: the user is in no app sign-on rule that asks for a factor",
  },
  "policy.stale": {
    kind: "refusal",
    title: "The host's policy is too old for what it would allow",
    person: LATER,
    administrator:
      "The org cannot be asked, and a fail mode, permit or exclusion would let this logon in; but the signed policy on the host is older than 24 hours or has expired, so nothing is opened by it.",
    evidence: ["check", "found", "reason", "service", "method", "fault", "failMode"],
    who: "administrator",
    fix: {
      any: "Bring back the connection between host and org: `sallyport agent status` on the host says why the last self-check failed. The next one that succeeds renews the policy.",
    },
    dependsOn: ["net.dns", "net.refused", "net.timeout", "net.unreachable", "client.revoked", "client.cloned"],
  },
  "address.unknown": {
    kind: "refusal",
    title: "A rule needs the client's address, and nobody can vouch for one",
    person: REFUSED,
    administrator:
      "A rule asks for a network zone, but the address is missing, is a host name, or is only claimed by the other side. Such an address is in no zone that permits anything.",
    evidence: ["address", "origin", "rule", "trace"],
    who: "administrator",
    fix: {
      any: "Do not use a zone in the rules for this service, or bring the person's connection to the machine directly, without a relay that hides the address.",
      linux: "For sshd set `UseDNS no` in /etc/ssh/sshd_config, so that it passes the address and not a name.",
      windows: "Behind a Remote Desktop Gateway the machine sees the gateway's address: make the zone from that one.",
    },
    okta: "(403) Forbidden: network zone",
  },
  "host.remote-off": {
    kind: "refusal",
    title: "The machine does not allow remote connections",
    person: MACHINE,
    administrator: "Remote desktop is switched off on this machine, so nobody can log on from elsewhere, with or without a code.",
    evidence: ["setting", "value", "setBy"],
    who: "administrator",
    fix: {
      linux: "`systemctl enable --now xrdp`.",
      windows:
        "System Properties > Remote > Allow remote connections to this computer; or `Set-ItemProperty 'HKLM:\\System\\CurrentControlSet\\Control\\Terminal Server' fDenyTSConnections 0`. If it turns back, a group policy sets it: see `gpresult /h report.html`.",
    },
    okta: "cannot connect by RDP at all, or (401) Unauthorized: allow remote connections is off",
  },
  "host.nla": {
    kind: "refusal",
    title: "Network level authentication is not as the client needs it",
    person: MACHINE,
    administrator:
      "The machine demands network level authentication and the client does not offer it, or the policy counts on it and the machine has it switched off. The evidence shows both sides.",
    evidence: ["required", "offered", "setBy"],
    who: "administrator",
    fix: {
      any: "Use a current RDP client: one without NLA cannot connect to a machine that asks for it.",
      linux: "xrdp does not do NLA: let the client use TLS (FreeRDP: `/sec:tls`).",
      windows:
        "System Properties > Remote > Allow connections only from computers with Network Level Authentication; or value UserAuthentication = 1 in `HKLM\\System\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp`.",
    },
    dependsOn: ["host.remote-off"],
    okta: "cannot connect by RDP at all: the NLA setting",
  },
  "host.not-rdp-user": {
    kind: "refusal",
    title: "The account may not use remote desktop on this machine",
    person: REFUSED,
    administrator:
      "The account is not in *Remote Desktop Users*, directly or through a group, or is denied the right to log on through Remote Desktop Services.",
    evidence: ["username", "groups", "deniedBy"],
    who: "administrator",
    fix: {
      linux: "`TerminalServerUsers` in /etc/xrdp/sesman.ini names a group: add the person with `usermod -aG GROUP USER`.",
      windows:
        "`Add-LocalGroupMember 'Remote Desktop Users' USER`. If the account is in it, see secpol.msc > Local Policies > User Rights Assignment > Deny log on through Remote Desktop Services.",
    },
    okta: "(401) Unauthorized: the user may not use RDP to that server, not in Remote Desktop Users",
  },
  "host.rdp-closed": {
    kind: "refusal",
    title: "Nothing answers on the remote desktop port",
    person: MACHINE,
    administrator:
      "Nothing listens on the port in the evidence, or a firewall drops what comes in. Connections never reach the logon screen.",
    evidence: ["port", "listening", "firewall"],
    who: "administrator",
    fix: {
      linux: "`systemctl status xrdp xrdp-sesman` and `ss -ltn 'sport = :3389'`; then open the port in the firewall.",
      windows:
        "`Get-Service TermService`, `Test-NetConnection localhost -Port 3389`, then `Enable-NetFirewallRule -DisplayGroup 'Remote Desktop'`.",
    },
    dependsOn: ["host.remote-off"],
  },
  "host.serial-busy": {
    kind: "refusal",
    title: "Another logon holds a service that takes one at a time",
    person: LATER,
    administrator:
      "This service (xrdp's session manager) handles one logon after another, and the one before did not end in time. It frees itself within seconds.",
    evidence: ["service", "heldBy", "heldSince"],
    who: "person",
    fix: {
      any: "Try again after a few seconds. If it happens often, see in `sallyport log tail` how long logons of this service take.",
      linux: "If it does not free itself, restart it when nobody is working on the machine: `systemctl restart xrdp-sesman`.",
    },
    dependsOn: ["net.timeout", "http.server-error"],
  },
  "host.disk": {
    kind: "refusal",
    title: "The disk is full or read-only",
    person: MACHINE,
    administrator: "The agent could not write its state to the file in the evidence. It lets nobody in that it cannot record.",
    evidence: ["file", "error", "reason", "dropped", "mode"],
    who: "administrator",
    fix: {
      linux: "See `df -h /var/lib/sallyport` and `findmnt -O ro`; free space or repair the file system, then start the agent again.",
      windows: "See `Get-Volume`; free space on the drive with %ProgramData%, then restart the service.",
    },
  },
} as const satisfies CauseRows;
