/** Two faults at once: what lies side by side is found side by side, and what stands before another hides it. */
import type { Pair } from "./fault.ts";

type Row = [first: string, second: string];

const HOST_BOTH: Row[] = [
  ["the org's name is gone", "the host's key can be read by others"],
  ["the org's server is stopped", "no account line, and sudo asks some for no password"],
  ["a firewall drops every packet to the org", "a `sufficient` above the lines of sshd"],
  ["the org's certificate has expired", "xrdp has ended, its session manager goes on"],
  ["the certificate is for another name", "the agent is disarmed"],
  ["a guest network's page answers in the org's place", "the disk of the log is full"],
  ["the agent is disarmed", "a `sufficient` in a file that sshd's includes"],
  ["the file of the PAM module is gone", "xrdp has ended, its session manager goes on"],
  ["the settings can be written by others", "a guest network's page answers in the org's place"],
  ["the machine's clock is five minutes fast", "the org's URL ends in a slash"],
  ["the fail-mode file is cut off", "the org's server is stopped"],
  ["somebody else's program listens at the door", "the org has had too many requests"],
  ["the agent is stopped", "an argument of the module is mistyped"],
  ["the proxy wants a name and password", "a firewall drops what comes to the remote desktop"],
  ["an administrator revokes the host", "no account line, and sshd lets in by public key"],
];

const HOST_HIDDEN: Row[] = [
  ["the agent's settings are gone", "the org's server is stopped"],
  ["a comma too many in the settings", "the org's name is gone"],
  ["the sign-in path stands behind the org's URL", "the org's certificate has expired"],
  ["a firewall drops every packet to the org", "the org's certificate has expired"],
  ["the proxy is not running", "the certificate is for another name"],
  ["the agent is stopped", "an administrator revokes the host"],
];

const LOGON_BOTH: Row[] = [
  ["the machine's clock is five minutes fast", "an administrator suspends the user"],
  ["local time is taken for UTC", "a wrong code, three times"],
];

const LOGON_HIDDEN: Row[] = [
  ["an administrator suspends the user", "a rule of the policy denies"],
  ["the assignment to the app is taken away", "an administrator suspends the user"],
  ["a rule of the policy denies", "a wrong code, three times"],
  ["the org's server is stopped", "an administrator suspends the user"],
  ["the org's certificate has expired", "the assignment to the app is taken away"],
  ["the proxy refuses to connect to the org", "the org's certificate has expired"],
];

const pairs = (form: Pair["form"], expect: Pair["expect"], rows: Row[]): Pair[] =>
  rows.map(([first, second]) => ({ form, first, second, expect }));

export const PAIRS: Pair[] = [
  ...pairs("host", "both", HOST_BOTH),
  ...pairs("host", "hidden", HOST_HIDDEN),
  ...pairs("logon", "both", LOGON_BOTH),
  ...pairs("logon", "hidden", LOGON_HIDDEN),
];
