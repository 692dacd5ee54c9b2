/** Causes of the stage *org*: the server itself cannot do its work. */
import type { CauseRows } from "./cause.ts";
import { LATER } from "./person.ts";

export const ORG = {
  "org.fault": {
    kind: "refusal",
    title: "The org failed unexpectedly",
    person: LATER,
    administrator:
      "Something went wrong inside the server that nobody foresaw. The logon was refused, and the server's log holds the details under the error id.",
    evidence: ["errorId", "step", "version"],
    who: "vendor",
    fix: {
      any: "Find the error id in the output of `sallyport serve` and report it with the version. If it repeats, restart the server; a newer version may hold the repair.",
    },
    dependsOn: ["org.database", "org.migration", "org.sealing-key"],
  },
  "org.overloaded": {
    kind: "refusal",
    title: "The org has too much to do",
    person: LATER,
    administrator: "A queue of the server is full, as the evidence says, and further logons are refused rather than kept waiting.",
    evidence: ["queue", "length", "limit"],
    who: "administrator",
    fix: {
      any: "See in /metrics and `sallyport log tail` what fills the queue: everybody at once, or one host again and again. Give the machine more processors, or stop that host with `sallyport host revoke HOST`; it must be enrolled again afterwards.",
    },
    dependsOn: ["org.database"],
  },
  "org.sealing-key": {
    kind: "refusal",
    title: "The key for sealed secrets is missing or wrong",
    person: LATER,
    administrator:
      "Secrets in the database are sealed with a key in a file beside it. The server does not find that file, or the key in it is not the one that sealed them, so no code can be checked and the server does not start.",
    evidence: ["file", "keyId", "keyIdExpected"],
    who: "administrator",
    fix: {
      any: "Put the key file that belongs to this database back to the path in the evidence, owned by the server's account and readable by nobody else; then restart `sallyport serve`. Without the key every factor must be enrolled anew.",
    },
  },
  "org.database": {
    kind: "refusal",
    title: "The org's database does not work",
    person: LATER,
    administrator:
      "The database cannot be opened, read or written: full disk, wrong owner, locked by another process, damaged, or its server is down. The evidence holds its own words.",
    evidence: ["path", "error", "freeBytes"],
    who: "administrator",
    fix: {
      any: "Free space and look who else has the file open. If it is damaged, restore the newest backup. With PostgreSQL, see whether its server runs and lets the org's user in.",
      linux: "`df -h PATH`, `ls -l PATH`, `fuser -v PATH`; then restart `sallyport serve`.",
      windows: "`Get-Volume` and `icacls PATH`; then restart the server.",
    },
  },
  "org.migration": {
    kind: "refusal",
    title: "The database is of another version than the server",
    person: LATER,
    administrator:
      "The database was written by a newer server than this one, or bringing it up to date stopped half-way. Nothing has been changed in it.",
    evidence: ["schemaFound", "schemaExpected", "step", "version"],
    who: "administrator",
    fix: {
      any: "Start the version of the server that the evidence names, or restore the backup that was made before the upgrade. Then start `sallyport serve` again and read its first lines.",
    },
  },
  "org.timeline": {
    kind: "refusal",
    title: "The database was failed over or restored while the logon was open",
    person: LATER,
    administrator:
      "The org's PostgreSQL runs on another timeline than before, so it may have forgotten its last commits. Every open logon was ended, and every code that could be right at that moment counts as used.",
    evidence: ["before", "after"],
    who: "administrator",
    fix: {
      any: "The person begins again with the next code. If the failover lost commits, set up synchronous replication; see in the log what `org.timeline-changed` says.",
    },
  },
  "org.delivery": {
    kind: "finding",
    title: "Mail or push messages do not go out",
    person: LATER,
    administrator:
      "The mail server or the push service refuses or does not answer, so codes and requests do not reach people. Codes from an app work.",
    evidence: ["channel", "server", "error", "since", "waiting"],
    who: "administrator",
    fix: {
      any: "Run `sallyport mail test ADDRESS`: it sends one mail now and says in one sentence where it fails and who can put it right (for texts and calls: `sallyport sms test NUMBER`). See too whether the org's machine may connect out to the push services.",
    },
  },
  "org.directory": {
    kind: "refusal",
    title: "The directory cannot be asked",
    person: LATER,
    administrator:
      "The source that keeps this user's password or groups is unreachable or refuses the org's own account. Where `status` stands in the evidence, it is the Windows machine that could not ask its domain: no domain controller answers it, or its own account in the domain does not hold.",
    evidence: ["source", "server", "error", "since", "status"],
    who: "administrator",
    fix: {
      any: "Run `sallyport source test NAME`: it asks the directory now and says in one sentence what is wrong and who can put it right. Check the address, the certificate and the account of the source, and whether the org's machine reaches it.",
      linux: "From the org's machine: `openssl s_client -connect SERVER:636`.",
      windows:
        "From the org's machine: `Test-NetConnection SERVER -Port 636`; see whether the org's account has expired with `Get-ADUser NAME -Properties PasswordExpired`. With `status`, on the machine itself: `nltest /sc_verify:DOMAIN` and `Test-ComputerSecureChannel`.",
    },
  },
} as const satisfies CauseRows;
