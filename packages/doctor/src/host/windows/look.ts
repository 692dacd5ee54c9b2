/** What the checks of a Windows machine share: how a fact is taken, and how it is shown. */
import type { CauseId, Proof } from "@sallyport/contracts";
import type { Answer, Check, Missed, Seen } from "../../check.ts";
import { type FactName, isUnavailable, type Known, type WindowsFacts } from "./facts.ts";

export interface HasWindows {
  windows: WindowsFacts;
}

/** Keys and values by the path under which a person finds them. */
export const PATHS = {
  terminalServer: "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server",
  rdpTcp: "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp",
  terminalPolicy: "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services",
  providers: "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\Credential Providers",
  filters: "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\Credential Provider Filters",
  excluded: "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\ExcludedCredentialProviders",
  own: "HKLM\\SOFTWARE\\Sallyport\\Provider",
  ownPolicy: "HKLM\\SOFTWARE\\Policies\\Sallyport\\Provider",
  classes: "HKLM\\SOFTWARE\\Classes\\CLSID",
  tls12Client: "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Client",
  dotnet64: "HKLM\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319",
  dotnet32: "HKLM\\SOFTWARE\\Wow6432Node\\Microsoft\\.NETFramework\\v4.0.30319",
  firewall: "HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy",
  firewallPolicy: "HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall",
} as const;

/** First build of Windows 8 and Windows Server 2012. */
export const BUILD_8 = 9200;

/** The facts of one machine, with the name of the file that they came from. */
export interface Look {
  facts: WindowsFacts;
  /** A place in that file: `facts.json: terminalServer.PortNumber`. */
  where(path: string): string;
}

export function windowsCheck<Facts extends HasWindows>(
  code: string,
  title: string,
  file: string,
  run: (look: Look, title: string) => Answer,
  dependsOn: string[] = [],
): Check<Facts> {
  return {
    code: `windows.${code}`,
    title,
    dependsOn: dependsOn.map((other) => `windows.${other}`),
    needs: ["windows"],
    run: async ({ windows }) => run({ facts: windows, where: (path) => `${file}: ${path}` }, title),
  };
}

/** The fact, if it was collected and could be read. */
export function known<Name extends FactName>({ facts }: Pick<Look, "facts">, name: Name): Known<Name> | undefined {
  const value: unknown = facts[name];
  return value === undefined || isUnavailable(value) ? undefined : (value as Known<Name>);
}

/** Why the first of these facts that is not known could not be had. */
export function whyNot({ facts }: Look, ...names: FactName[]): string {
  for (const name of names) {
    const value = facts[name];
    if (value === undefined) return `${name} was not collected`;
    if (isUnavailable(value)) return `${name}: ${value.unavailable}`;
  }
  return "the facts do not decide it";
}

export const seen = (cause: CauseId, verdict: Seen["verdict"], ...evidence: Proof[]): Seen => ({ cause, verdict, evidence });

export const answer = (...found: Seen[]): Answer => ({ seen: found });

export const notKnown = (what: string, why: string, asked = true): Answer => ({ seen: [], missed: [missed(what, why, asked)] });

export const missed = (what: string, why: string, asked = true): Missed => ({ what, why, ...(asked ? { asked } : {}) });

/** Windows ignores case in CLSIDs, names of accounts and values. */
export const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
