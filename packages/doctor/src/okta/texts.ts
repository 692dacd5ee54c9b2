/** What each cause is called in the other product, where it is put right there, and which look decides it. */
import type { CauseId, DoctorFinding } from "@sallyport/contracts";
import { tableText } from "../conclude.ts";

interface OktaText {
  title: string;
  fix: string;
  /** The one look that tells this cause from the others of an incident. */
  decidedBy: string;
}

const CONFIG = "rdp_app_config.json";
const GENERAL = "Admin Console > Applications > Microsoft RDP (MFA) > General";
const REINSTALL =
  "Back up the folder of the Okta Windows Credential Provider, uninstall it, check that the folder is gone, and install it again with the secret copied on the server itself, through a plain text editor.";
const TLS_SETTINGS =
  "SchUseStrongCrypto = 1 and SystemDefaultTlsVersions = 1 under HKLM\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319 and the same under Wow6432Node";

/** Source: the vendor's articles on 401, 403, 404, HS256, TLS and certificates, and its installation pages. */
const TEXTS: Partial<Record<CauseId, OktaText>> = {
  "url.trailing-slash": {
    title: "The org's URL ends in a slash; the other product refuses every logon because of it",
    fix: `Remove the slash at the end of the URL in ${CONFIG}, then try one logon.`,
    decidedBy: `the URL in ${CONFIG}: it must end with the host name`,
  },
  "url.malformed": {
    title: "The org's URL is not a usable one",
    fix: `Set the URL in ${CONFIG} to https:// and the host name of the org, with nothing behind it.`,
    decidedBy: `the URL in ${CONFIG}; give the file to \`sallyport doctor okta\``,
  },
  "url.wrong-org": {
    title: "The URL names another org, or no org at all",
    fix: `Compare the URL in ${CONFIG} with the address of the Admin Console, without its “-admin”.`,
    decidedBy: "open the URL in a browser on the server: the org's own sign-in page must appear; or `sallyport doctor okta … --org URL`",
  },
  "client.unknown": {
    title: "The client id is not one of this org's",
    fix: `Copy the client id anew from ${GENERAL}, on the server itself, and correct it in ${CONFIG}.`,
    decidedBy: `compare the client id in ${CONFIG} character by character with ${GENERAL}`,
  },
  "client.id-mangled": {
    title: "The client id holds a character that no id has",
    fix: `Delete the character at that position in ${CONFIG}, typing instead of pasting, or copy the id anew from ${GENERAL} on the server itself.`,
    decidedBy: `give ${CONFIG} to \`sallyport doctor okta\`: it names odd characters by position`,
  },
  "client.secret-wrong": {
    title: "The client secret is not the app's",
    fix: `${REINSTALL} It stands in ${GENERAL} > Client Credentials.`,
    decidedBy: "install again with the secret copied on the server itself: the stored one is encrypted and can be compared with nothing",
  },
  "client.secret-mangled": {
    title: "The stored client secret is not what the installer wrote",
    fix: `The secret in ${CONFIG} is kept encrypted and cannot be typed in. ${REINSTALL}`,
    decidedBy:
      "install again with the secret copied on the server itself; whether the stored text can be an encrypted secret at all, `sallyport doctor okta rdp_app_config.json` says",
  },
  "client.secret-retired": {
    title: "The server still uses a secret that was reset in the org",
    fix: `After a reset of the secret every server needs the new one. ${REINSTALL}`,
    decidedBy: "System Log of the org: was the client secret of the app reset after this server was installed?",
  },
  "config.invalid": {
    title: "The configuration file has a mistake",
    fix: `Correct ${CONFIG} at the place in the evidence.`,
    decidedBy: `give ${CONFIG} to \`sallyport doctor okta\`: it names line and column`,
  },
  "config.missing": {
    title: "The configuration file is not there",
    fix: `Put ${CONFIG} back from a backup, or install the product again.`,
    decidedBy: `look whether ${CONFIG} exists`,
  },
  "config.unreadable": {
    title: "The configuration file cannot be read",
    fix: `Give SYSTEM and Administrators the right to read ${CONFIG}.`,
    decidedBy: `\`icacls\` on ${CONFIG}`,
  },
  "config.risky": {
    title: "A setting opens a way past the second factor, or switches a protection off",
    fix: `Read what the setting in the evidence allows. If nobody decided that on purpose, set it back in ${CONFIG}.`,
    decidedBy: "ask who decided it",
  },
  "clock.host": {
    title: "The server's clock is off",
    fix: 'Run `w32tm /resync /force` and look at `w32tm /query /status`; set the zone with `tzutil /s "ZONE"`.',
    decidedBy:
      "`w32tm /stripchart /computer:pool.ntp.org /samples:3` on the server; or `sallyport doctor okta … --org URL` run there, which compares with the org's own clock",
  },
  "user.password": {
    title: "User name or password is wrong",
    fix: "The person types user name and password again, checking caps lock and keyboard layout. If it is forgotten, it is reset in Active Directory.",
    decidedBy: "Windows event 4625 on the server at that minute: its sub-status says whether Windows refused the password",
  },
  "user.unknown": {
    title: "No user of the app has this name",
    fix: "Search the name in Admin Console > Directory > People; import or add the person, then assign them to the Microsoft RDP (MFA) app.",
    decidedBy: "Admin Console > Directory > People: search exactly the name that the person typed",
  },
  "user.name-shape": {
    title: "The app's user name format does not fit what Windows sends",
    fix: "Admin Console > Applications > Microsoft RDP (MFA) > Sign On > Application username format: use the form that Windows sends, mostly the user name prefix or the AD SAM account name; then update the user name of the assigned people.",
    decidedBy: "Admin Console > Applications > Microsoft RDP (MFA) > Assignments: the user name there against the one typed at Windows",
  },
  "user.ambiguous": {
    title: "Several users share this user name",
    fix: "Admin Console > Directory > People: search the user name and remove or rename the duplicate; duplicates from several domains are not supported by the other product.",
    decidedBy: "Admin Console > Directory > People: search the user name without the domain; more than one hit decides it",
  },
  "app.not-assigned": {
    title: "The user is not assigned to the app",
    fix: "Admin Console > Applications > Microsoft RDP (MFA) > Assignments: assign the person or a group of theirs.",
    decidedBy: "Admin Console > Applications > Microsoft RDP (MFA) > Assignments",
  },
  "host.remote-off": {
    title: "The server does not allow remote connections",
    fix: "System Properties > Remote > Allow remote connections to this computer.",
    decidedBy: "fDenyTSConnections under HKLM\\System\\CurrentControlSet\\Control\\Terminal Server: 1 means off",
  },
  "host.nla": {
    title: "Network level authentication is not set as the product needs it",
    fix: "System Properties > Remote > Allow connections only from computers with Network Level Authentication.",
    decidedBy: "UserAuthentication under HKLM\\System\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp",
  },
  "host.not-rdp-user": {
    title: "The account may not use remote desktop on this server",
    fix: "`Add-LocalGroupMember 'Remote Desktop Users' USER` on the server.",
    decidedBy: '`net localgroup "Remote Desktop Users"` on the server, with the groups in it',
  },
  "host.disk": {
    title: "The disk is full or read-only",
    fix: "Free space on the drive that holds the product and its logs.",
    decidedBy: "`Get-Volume` on the server",
  },
  "factor.none": {
    title: "The user has no second factor enrolled",
    fix: "The person enrols a factor on the org's dashboard first; the product cannot enrol at the logon.",
    decidedBy:
      "Admin Console > Directory > People > the person > Reset Authenticators (or More Actions > Reset Multifactor): is any factor listed?",
  },
  "policy.denies": {
    title: "A policy denies, by the network zone of the server's address",
    fix: "Admin Console > Security > Networks and the enrolment and app sign-on policies: allow the address by which the *server* reaches the org, not the client's.",
    decidedBy: "System Log of the org at that minute: policy.evaluate_sign_on with the outcome DENY, its rule and zone",
  },
  "policy.no-mfa": {
    title: "No app sign-on rule asks this user for a factor",
    fix: "Admin Console > Applications > Microsoft RDP (MFA) > Sign On: a rule that covers this user and prompts for a factor. The org's own sign-on policy does not count here.",
    decidedBy: "Admin Console > Applications > Microsoft RDP (MFA) > Sign On: the first rule that covers the user",
  },
  "tls.version": {
    title: "Server and org share no version of TLS or no cipher",
    fix: `Set ${TLS_SETTINGS}; 0x800 in DefaultSecureProtocols (WinHttp) and SecureProtocols (also for SYSTEM); then reboot.`,
    decidedBy: `${TLS_SETTINGS}: export them with \`reg export\` and give the file to \`sallyport doctor okta\``,
  },
  "tls.inspected": {
    title: "A proxy opens the encrypted connection",
    fix: "Let the proxy pass the org's name without inspection. Otherwise SslPinningEnabled must be false, which gives the pin away.",
    decidedBy: "the issuer of the certificate that the server sees at the org's URL: a proxy's own authority decides it",
  },
  "tls.untrusted": {
    title: "The org's certificate is not trusted by the server",
    fix: "Install the missing root certificate (the vendor names DigiCert Global Root CA), by Windows Update or `certutil -addstore Root FILE.cer`.",
    decidedBy: "`certutil -verify -urlfetch FILE.cer` on the server with the org's certificate",
  },
  "tls.expired": {
    title: "The certificate that the server sees has expired",
    fix: "Check the server's clock first. If that is right, a proxy on the way shows an old certificate.",
    decidedBy: "the dates in the certificate that the server sees at the org's URL",
  },
  "tls.name": {
    title: "The certificate is for another name",
    fix: `Correct the URL in ${CONFIG}; or let the proxy pass the org's name untouched.`,
    decidedBy: "the names in the certificate that the server sees at the org's URL",
  },
  "net.dns": {
    title: "The org's name does not resolve",
    fix: `Check the spelling of the URL in ${CONFIG}, then the name server of the server.`,
    decidedBy: "`Resolve-DnsName NAME` on the server",
  },
  "net.refused": {
    title: "The connection to the org was refused",
    fix: "The org always listens on 443: a firewall or proxy on the way refuses. Let the server reach the org's name on 443.",
    decidedBy: "`Test-NetConnection NAME -Port 443` on the server",
  },
  "net.timeout": {
    title: "The org did not answer in time",
    fix: "A firewall drops the packets, or a proxy is slow. Let the server reach the org's name on 443.",
    decidedBy: "`Test-NetConnection NAME -Port 443` on the server: no answer at all decides it",
  },
  "net.unreachable": {
    title: "There is no way from the server to the org, or it is cut off",
    fix: "Bring the server's network or VPN up, and look for a firewall that resets connections to the org.",
    decidedBy: "`Test-NetConnection NAME -Port 443` and `Find-NetRoute` on the server",
  },
  "net.proxy-auth": {
    title: "A proxy wants a name and password",
    fix: "Let the org's name pass the proxy without authentication: the product has no proxy settings of its own and uses the system's.",
    decidedBy: "`netsh winhttp show proxy` on the server",
  },
  "net.proxy-block": {
    title: "A proxy refuses to connect to the org",
    fix: "Ask those who run the proxy to allow the org's name and port 443 for this server.",
    decidedBy: "`netsh winhttp show proxy` on the server, and the proxy's own log",
  },
  "net.captive": {
    title: "A web page answers instead of the org",
    fix: "Open the org's URL in a browser on the server to see who answers; let a proxy pass the org's name untouched.",
    decidedBy: "open the org's URL in a browser on the server",
  },
  "http.rate-limited": {
    title: "The org has had too many requests",
    fix: "Wait a minute. Admin Console > Reports > Rate Limits shows which endpoint and which user.",
    decidedBy: "System Log of the org: system.org.rate_limit.violation",
  },
  "http.server-error": {
    title: "The org, or a proxy in front of it, answered with a fault of its own",
    fix: "Look at the org's status page for that time; 502 and 504 can also come from a proxy on the way.",
    decidedBy: "the vendor's status page at that time",
  },
  "http.unexpected": {
    title: "The org gave an answer that makes no sense here",
    fix: `Compare the URL in ${CONFIG} with the org's address, and open it in a browser on the server.`,
    decidedBy: "open the org's URL in a browser on the server",
  },
  "agent.fault": {
    title: "The other product failed in itself",
    fix: "Report the exception and the version to the vendor. If it began after an update, install the version before it.",
    decidedBy: "the vendor, by the stack in the log",
  },
  "provider.missing": {
    title: "The provider, or its filter, is not registered",
    fix: "Install the product again with Filter Credential Provider; then lock the machine and see whether its tile appears.",
    decidedBy:
      '`reg query "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\Credential Provider Filters"` on the server',
  },
  "provider.filtered": {
    title: "The provider is switched off in the registry",
    fix: "Delete the value Disabled under Credential Providers and under Credential Provider Filters, at the key in the evidence, and reboot. It is also the vendor's emergency way out: ask who set it.",
    decidedBy: "the value Disabled at the provider's CLSID under Credential Providers and Credential Provider Filters",
  },
};

/** Title, fix and addressee for the other product; who can fix it is the same as in the table of causes. */
export function oktaText(cause: CauseId): Pick<DoctorFinding, "title" | "fix" | "who"> {
  const table = tableText(cause);
  const own = TEXTS[cause];
  return own ? { ...table, title: own.title, fix: own.fix } : table;
}

/** The look that decides a cause; causes that an incident can name all have one (a test holds it). */
export function decidedBy(cause: CauseId): string {
  return TEXTS[cause]?.decidedBy ?? "no look is known";
}
