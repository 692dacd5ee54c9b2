/** Causes of the stage *user*: which account this is, and what state it is in. */
import type { CauseRows } from "./cause.ts";
import { REFUSED } from "./person.ts";

const WINDOWS_ACCOUNT = "the account in Active Directory Users and Computers, tab Account";

export const USER = {
  "user.refused": {
    kind: "refusal",
    title: "The org refuses this user and keeps the reason to itself",
    person: REFUSED,
    administrator:
      "A host gets this one answer for a user who is unknown, ambiguous or not assigned, so that it cannot be used to find out who exists. The true cause stands in the org.",
    evidence: ["username", "domain", "reference"],
    who: "administrator",
    fix: { any: "Run `sallyport why REFERENCE` on the org; it names the true cause." },
    dependsOn: [
      "user.unknown",
      "user.name-shape",
      "user.ambiguous",
      "user.suspended",
      "user.deactivated",
      "user.locked",
      "app.not-assigned",
    ],
  },
  "user.unknown": {
    kind: "refusal",
    title: "No user has this name",
    person: REFUSED,
    administrator:
      "None of the app's user name rules finds a user for the name that the host sent. The trace in the evidence lists the rules that were tried.",
    evidence: ["username", "domain", "trace"],
    who: "administrator",
    fix: {
      any: "Check the spelling in `sallyport user list`. Add the person with `sallyport user add USER`, or the rule that fits the host's names to the app (`sallyport app names APP RULES`).",
    },
    dependsOn: ["user.name-shape", "org.directory"],
    okta: "(404) Not Found, or (401) Unauthorized: bad user name",
  },
  "user.name-shape": {
    kind: "refusal",
    title: "The user exists, but under another form of the name",
    person: REFUSED,
    administrator:
      "The name as the host sends it finds nobody, but written as in the evidence it finds exactly one user. The app's user name rules do not fit the names that this host uses.",
    evidence: ["username", "domain", "foundAs", "rule", "trace"],
    who: "administrator",
    fix: {
      any: "Give the user the name that was typed (`sallyport user show` lists what they have), or add the rule that reads it to the app's user name rules (`sallyport app names APP RULES`; a domain's other names are made known by `sallyport domain set NAME ALIASES`, and a name that was kept from somebody stands in `sallyport duplicate list`); until then the form in the evidence lets them in. Then try it with `sallyport doctor user USER --host HOST`.",
    },
    okta: "(404) Not Found, or the dialog Display Failed: the application username format does not match the Windows name",
  },
  "user.ambiguous": {
    kind: "refusal",
    title: "Several users share this name",
    person: REFUSED,
    administrator:
      "The name finds more than one user, as after an import from several domains; the evidence lists them with their sources. Nobody is let in by a guess.",
    evidence: ["rule", "users", "trace"],
    who: "administrator",
    fix: {
      any: "`sallyport duplicate list` names the two and `sallyport duplicate decide ID` says who they are: one person, or one who must not be here. Look at each with `sallyport user show USER`. Suspend the one that is not needed with `sallyport user suspend USER`, or use a rule with the domain in it (`sallyport app names APP RULES`).",
    },
    okta: "(401) Unauthorized: duplicate users, the same user name imported from several domains",
  },
  "user.suspended": {
    kind: "refusal",
    title: "The user is suspended",
    person: REFUSED,
    administrator: "An administrator or a source suspended this user; the evidence says who and since when.",
    evidence: ["since", "by", "status"],
    who: "administrator",
    fix: { any: "If the person should have access again: `sallyport user unsuspend USER`." },
  },
  "user.deactivated": {
    kind: "refusal",
    title: "The user is deactivated",
    person: REFUSED,
    administrator: "The account was ended by an administrator or because it is gone from its source; the evidence says by whom and when.",
    evidence: ["since", "by", "status"],
    who: "administrator",
    fix: {
      any: "See `sallyport user show USER`. If the person is back, `sallyport user activate USER`, or bring them back in the directory that they come from. Whoever is only held back for a shared name (status STAGED) waits for your decision: `sallyport duplicate list`.",
    },
  },
  "user.locked": {
    kind: "refusal",
    title: "The user is locked after too many wrong passwords",
    person: REFUSED,
    administrator:
      "The org, or the directory that keeps the password (Active Directory data 775), locked this user after too many wrong passwords. Either the person forgot it, or somebody is guessing: the log shows from where.",
    evidence: ["since", "by", "status", "failures", "adData", "reason", "source", "server"],
    who: "administrator",
    fix: {
      any: "Look at the addresses with `sallyport log tail`, ask the person, then `sallyport user unlock USER`.",
      windows: `If Windows locked the account: ${WINDOWS_ACCOUNT}; or \`Unlock-ADAccount USER\`.`,
    },
  },
  "user.password": {
    kind: "refusal",
    title: "The password was wrong",
    person: REFUSED,
    administrator:
      "The password did not match, as Windows, PAM, the directory or the org found; the evidence says which. `keeper` is `org` where the org compared its hash, and `none` where no password of this user is kept anywhere that the org knows: then whatever is typed is wrong. Sallyport asked for no code and counted nothing against the factor.",
    evidence: ["username", "service", "reason", "tries", "known", "keeper", "subStatus", "adData", "source", "server"],
    who: "person",
    fix: {
      any: "The person types the password again, checking caps lock and keyboard layout. If it is forgotten, reset it where it is kept: the directory or source, the machine, or the org (`sallyport user password USER`). With `keeper: none` do that first, or bring the user in from the directory that keeps it (`source` says whence they come).",
      linux: "Where the machine checks the password of a local account: `passwd USER`.",
      windows:
        "Where the machine checks it, for a local account: `net user USER *`; for a domain account: `Set-ADAccountPassword USER -Reset`.",
    },
    dependsOn: ["user.password-expired", "user.account-disabled", "user.hours", "user.workstation", "org.directory"],
    okta: "(401) Unauthorized: bad user name or password",
  },
  "user.no-local-account": {
    kind: "refusal",
    title: "The machine has no account of this name",
    person: REFUSED,
    administrator: "The org knows the user, but the operating system of this machine does not. There is nothing to log on to.",
    evidence: ["username", "user", "host"],
    who: "administrator",
    fix: {
      any: "Create the account on the machine, or let the machine take its accounts from the directory.",
      linux: "Check with `getent passwd USER`. Create it with `adduser USER`, or look at SSSD: `systemctl status sssd`, `realm list`.",
      windows: "Check with `net user USER` and, for a domain account, with `Test-ComputerSecureChannel`. Create it with `New-LocalUser`.",
    },
  },
  "user.password-expired": {
    kind: "refusal",
    title: "The password has expired",
    person: REFUSED,
    administrator:
      "The password is right but too old, or an administrator said that it has to be changed; that must be done before the next logon (Windows 0xC0000071, Active Directory data 532).",
    evidence: ["username", "subStatus", "adData", "reason", "expiredAt", "source", "server"],
    who: "person",
    fix: {
      any: "The person changes the password at a machine in the office or on the directory's page; a password that the org keeps, by signing in at the org's own pages. Or it is reset for them: one that the org keeps by `sallyport user password USER`.",
      linux: "See `chage -l USER`; set a new one with `passwd USER`.",
      windows:
        "`Set-ADAccountPassword USER -Reset`. Under network level authentication an expired password cannot be changed in the RDP window.",
    },
    okta: "(401) Unauthorized: bad user name or password",
  },
  "user.account-disabled": {
    kind: "refusal",
    title: "The machine's or the domain's account is disabled",
    person: REFUSED,
    administrator:
      "The account is switched off or has expired, on the machine or in the directory (Windows 0xC0000072, Active Directory data 533 and 701). The user in the org may well be active.",
    evidence: ["username", "subStatus", "adData", "reason", "source", "server"],
    who: "administrator",
    fix: {
      linux: "See `passwd -S USER` and `chage -l USER`; `usermod -U USER` and `chage -E -1 USER` enable it.",
      windows: "`Enable-ADAccount USER` for a domain account, `net user USER /active:yes` for a local one.",
    },
    okta: "(401) Unauthorized: bad user name or password",
  },
  "user.hours": {
    kind: "refusal",
    title: "The account may not log on at this hour",
    person: REFUSED,
    administrator: "The logon hours of the account do not cover this moment (Windows 0xC000006F, Active Directory data 530).",
    evidence: ["username", "subStatus", "adData", "at", "source", "server"],
    who: "administrator",
    fix: {
      linux: "See /etc/security/time.conf.",
      windows: `See ${WINDOWS_ACCOUNT}, button Logon Hours; for a local account \`net user USER /times:all\`.`,
    },
    okta: "(401) Unauthorized: bad user name or password",
  },
  "user.workstation": {
    kind: "refusal",
    title: "The account may not log on from this machine",
    person: REFUSED,
    administrator: "The account is limited to other machines (Windows 0xC0000070, Active Directory data 531).",
    evidence: ["username", "subStatus", "adData", "host", "source", "server"],
    who: "administrator",
    fix: {
      linux: "See /etc/security/access.conf and, with SSSD, `ad_access_filter` in /etc/sssd/sssd.conf.",
      windows: `In ${WINDOWS_ACCOUNT}, button Log On To, add this machine, and under network level authentication also the machine that the person comes from.`,
    },
    okta: "(401) Unauthorized: bad user name or password",
  },
} as const satisfies CauseRows;
