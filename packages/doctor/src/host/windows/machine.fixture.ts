/** A healthy Windows Server 2019 in a domain, as collect.ps1 should write it. NOT SEEN ON WINDOWS: each field follows the page in SOURCES. */
import type { Known, ProfileSettings, WindowsFacts, WindowsUser } from "./facts.ts";

/** The machine's own SID, the domain's, and an account and groups in it. Made up, in the shape of [MS-DTYP] 2.4.2. */
export const MACHINE_SID = "S-1-5-21-1004336348-1177238915-682003330";
export const DOMAIN_SID = "S-1-5-21-2127521184-1604012920-1887927527";
export const ALICE: WindowsUser = { sid: `${DOMAIN_SID}-1104`, name: "CORP\\alice", groups: [`${DOMAIN_SID}-513`, `${DOMAIN_SID}-1201`] };
export const SERVER_OPERATORS_OF_CORP = `${DOMAIN_SID}-1201`;
export const ADMINISTRATORS = "S-1-5-32-544";
export const REMOTE_DESKTOP_USERS = "S-1-5-32-555";

const SYSTEM32 = "C:\\Windows\\System32";
export const SALLYPORT = {
  clsid: "{696F6D96-AB3D-4079-811D-515E4BF386D1}",
  name: "SallyportCredentialProvider",
  disabled: null,
  dll: "C:\\Program Files\\Sallyport\\sallyport_provider.dll",
  dllPresent: true,
};
/** In the same file, and under the same CLSID. */
const SALLYPORT_FILTER = { ...SALLYPORT, name: "SallyportCredentialProviderFilter" };
/** Source: native/windows/relay/security.cpp and folder.cpp. */
export const OURS_ALONE = "O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
const NO_VALUES = { Armed: null, Filter: null, RdpOnly: null, Disable: null, Scenarios: null, AllowProviders: null };
/** CLSID of Windows' PasswordProvider: learn.microsoft.com, “Passwordless experience”. */
const PASSWORD = {
  clsid: "{60b78e88-ead8-445c-9cfd-0b87f74ea6cd}",
  name: "PasswordProvider",
  disabled: null,
  dll: `${SYSTEM32}\\credprovs.dll`,
  dllPresent: true,
};
/** Windows' own filter: public sources of other credential providers name CLSID and file; no page of Microsoft's does. */
const GENERIC_FILTER = {
  clsid: "{DDC0EED2-ADBE-40b6-A217-EDE16A79A0DE}",
  name: "GenericFilter",
  disabled: null,
  dll: `${SYSTEM32}\\credprovs.dll`,
  dllPresent: true,
};

const ON: ProfileSettings = { EnableFirewall: 1, DefaultInboundAction: null, DoNotAllowExceptions: 0, AllowLocalPolicyMerge: null };
export const NO_POLICY: ProfileSettings = {
  EnableFirewall: null,
  DefaultInboundAction: null,
  DoNotAllowExceptions: null,
  AllowLocalPolicyMerge: null,
};
/** As Windows holds it: learn.microsoft.com, “General Remote Desktop connection troubleshooting”. */
export const USER_MODE_IN_TCP =
  "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|App=%SystemRoot%\\system32\\svchost.exe|Svc=termservice|Name=@FirewallAPI.dll,-28775|Desc=@FirewallAPI.dll,-28756|EmbedCtxt=@FirewallAPI.dll,-28752|";

/** Source of each field; a test holds that none is missing. */
export const SOURCES: Record<keyof WindowsFacts, string> = {
  version: "this schema",
  collectedAt: "the clock of the machine as UTC, ISO 8601",
  machine:
    "Win32_ComputerSystem.DomainRole, Win32_OperatingSystem.BuildNumber, Win32_UserAccount.SID (pages of these classes below learn.microsoft.com/windows/win32/cimwin32prov); [MS-DTYP] 2.4.2; TimeZoneInfo.Local",
  providers:
    "“Policy CSP - ADMX_CredentialProviders” (the key), learn.microsoft.com/windows/client-management/mdm/policy-csp-admx-credentialproviders; docs of the other product, “Troubleshoot Okta MFA Credential Provider for Windows” (value Disabled); public sources of providers (InprocServer32)",
  filters:
    "docs of the other product, “Troubleshoot …” (the key and Disabled); ICredentialProviderFilter, learn.microsoft.com/windows/win32/api/credentialprovider",
  providerPolicy:
    "CredentialProviders.admx as policypicker.app shows it: ExcludedCredentialProviders below Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\System, DefaultCredentialProvider below Software\\Policies\\Microsoft\\Windows\\System, both REG_SZ; Microsoft's page names no key",
  terminalServer:
    "“General Remote Desktop connection troubleshooting” (fDenyTSConnections, PortNumber); “Troubleshoot a general RDP error to a Windows VM in Azure” (fEnableWinStation 0: the listener is off); “UserAuthentication” of Microsoft-Windows-TerminalServices-RDP-WinStationExtensions, learn.microsoft.com/windows-hardware/customize/desktop/unattend, which calls 0 the default of an answer file; SetSecurityLayer of Win32_TSGeneralSetting (0 RDP, 1 negotiate, 2 TLS)",
  terminalServerPolicy:
    "TerminalServer.admx as admx.help and windows-security.org show it: TS_DISABLE_CONNECTIONS and TS_USER_AUTHENTICATION_POLICY (“On Windows Server 2012 and Windows 8, Network Level Authentication is enforced by default”) below SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services",
  listeners: "IPGlobalProperties.GetActiveTcpListeners (learn.microsoft.com/dotnet/api)",
  firewall:
    "[MS-GPFAS] 2.2.2.19, grammar of a rule, and 2.2.3, values of a profile (learn.microsoft.com/openspecs/windows_protocols/ms-gpfas); “General Remote Desktop connection troubleshooting” (RemoteDesktop-UserMode-In-TCP); Mdm\\FirewallRules: public transcripts; Get-NetConnectionProfile: NetworkCategory 0 public, 1 private, 2 domain",
  groups: "Win32_Group.LocalAccount; IADsGroup::Members and objectSid by the WinNT provider, as public scripts use them",
  rights:
    "“Allow log on through Remote Desktop Services” and “Deny log on …”, learn.microsoft.com/windows/device-security/security-policy-settings (constants; default: Administrators, and off domain controllers Remote Desktop Users); “secedit export”, whose files hold `*S-1-5-32-544,*S-1-5-32-555`",
  users: "NTAccount.Translate; “Token-Groups attribute”, learn.microsoft.com/windows/win32/adschema/a-tokengroups",
  services:
    "ServiceControllerStatus and ServiceStartMode as numbers (learn.microsoft.com/dotnet/api); service Sallyport: docs/windows-proof.md",
  door: "docs/windows-proof.md; Get-Acl on a named pipe, as public scripts use it; [MS-DTYP] 2.5.1 (SDDL)",
  folder: "Get-Acl, learn.microsoft.com/powershell/module/microsoft.powershell.security; [MS-DTYP] 2.5.1 (SDDL)",
  settings: "the provider's own values: native/windows/provider/system.cpp",
  timeStatus:
    "public transcripts of `w32tm /query /status`: numbers before the words, `Leap Indicator: 0(no warning)`, `Stratum: 2 (…)`; [MS-W32T]",
  stripchart: "public transcripts of `w32tm /stripchart /dataonly`: `18:36:32, +03.3575094s`",
  schannel:
    "“Transport Layer Security (TLS) registry settings”, learn.microsoft.com/windows-server/security/tls/tls-registry-settings; “Protocols in TLS/SSL (Schannel SSP)”, learn.microsoft.com/windows/win32/secauthn/protocols-in-tls-ssl--schannel-ssp- (defaults of each version)",
  dotnet:
    "“Transport Layer Security (TLS) best practices with .NET Framework”, learn.microsoft.com/dotnet/framework/network-programming/tls; the other product's script for TLS 1.2",
  refusedLogons:
    "“4625(F): An account failed to log on”, learn.microsoft.com/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/event-4625 (event XML, status codes; lower-case hexadecimal is written in capitals here)",
};

export const HEALTHY = {
  version: 1,
  collectedAt: "2026-11-25T09:30:00Z",
  machine: {
    name: "SRV01",
    sid: MACHINE_SID,
    domainRole: 3,
    build: 17763,
    timeZone: "W. Europe Standard Time",
    utcOffsetMinutes: 60,
  },
  providers: [PASSWORD, SALLYPORT],
  filters: [GENERIC_FILTER, SALLYPORT_FILTER],
  providerPolicy: { ExcludedCredentialProviders: null, DefaultCredentialProvider: null },
  terminalServer: { fDenyTSConnections: 0, UserAuthentication: 1, SecurityLayer: 2, PortNumber: 3389, fEnableWinStation: 1 },
  terminalServerPolicy: { fDenyTSConnections: null, UserAuthentication: null, SecurityLayer: null },
  listeners: [
    { address: "0.0.0.0", port: 3389 },
    { address: "::", port: 3389 },
  ],
  firewall: {
    local: { domain: ON, private: ON, public: ON },
    policy: { domain: NO_POLICY, private: NO_POLICY, public: NO_POLICY },
    active: [1],
    rules: [{ store: "local", id: "RemoteDesktop-UserMode-In-TCP", rule: USER_MODE_IN_TCP }],
  },
  groups: [
    { sid: ADMINISTRATORS, name: "Administrators", members: [{ sid: `${DOMAIN_SID}-512`, name: "CORP\\Domain Admins" }] },
    {
      sid: REMOTE_DESKTOP_USERS,
      name: "Remote Desktop Users",
      members: [{ sid: SERVER_OPERATORS_OF_CORP, name: "CORP\\Server Operators" }],
    },
  ],
  rights: { SeRemoteInteractiveLogonRight: [ADMINISTRATORS, REMOTE_DESKTOP_USERS], SeDenyRemoteInteractiveLogonRight: [] },
  users: [ALICE],
  services: { TermService: { state: 4, start: 3 }, Sallyport: { state: 4, start: 2 }, W32Time: { state: 4, start: 2 } },
  door: { pipe: true, machine: true, sddl: OURS_ALONE },
  folder: { exists: true, link: false, sddl: OURS_ALONE },
  settings: { local: { Armed: 1, Filter: 1, RdpOnly: 0, Disable: 0, Scenarios: null, AllowProviders: null }, policy: NO_VALUES },
  timeStatus: { leap: 0, stratum: 3 },
  stripchart: { against: "dc01.corp.example", offsets: [0.0021345, 0.0019876, 0.0023001] },
  schannel: {
    "TLS 1.2": { Enabled: null, DisabledByDefault: null },
    "TLS 1.3": { Enabled: null, DisabledByDefault: null },
  },
  dotnet: {
    bits64: { SchUseStrongCrypto: 1, SystemDefaultTlsVersions: 1 },
    bits32: { SchUseStrongCrypto: 1, SystemDefaultTlsVersions: 1 },
  },
  refusedLogons: [],
} satisfies WindowsFacts;

/** A whole field of the machine anew, from what it was. */
export function but<Name extends keyof typeof HEALTHY>(
  name: Name,
  change: (was: (typeof HEALTHY)[Name]) => WindowsFacts[Name],
  base: WindowsFacts = HEALTHY,
): WindowsFacts {
  return { ...base, [name]: change(base[name] as (typeof HEALTHY)[Name]) };
}

export type KnownFirewall = Known<"firewall">;
