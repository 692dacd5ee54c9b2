/** Causes of the stage *network*: what lies between the host and the org. */
import type { CauseRows } from "./cause.ts";
import { LATER, MACHINE } from "./person.ts";

export const NETWORK = {
  "net.dns": {
    kind: "refusal",
    title: "The org's name does not resolve",
    person: LATER,
    administrator:
      "The host asked its name server for the org's name and got no address. The evidence shows the name and what the system said.",
    evidence: ["name", "error"],
    who: "network",
    fix: {
      any: "Check the spelling of `org` in agent.json, then the name server of the host and the record of the org in it.",
      linux: "`resolvectl query NAME` or `getent hosts NAME`; the servers stand in /etc/resolv.conf.",
      windows: "`Resolve-DnsName NAME`; the servers stand in `Get-DnsClientServerAddress`. Empty the cache with `ipconfig /flushdns`.",
    },
    dependsOn: ["url.malformed"],
  },
  "net.refused": {
    kind: "refusal",
    title: "The org's machine refuses the connection",
    person: LATER,
    administrator:
      "The name resolves and the machine answers, but nothing listens on the port: the server is not running, or listens elsewhere.",
    evidence: ["address", "port", "error"],
    who: "administrator",
    fix: {
      any: "Start the org with `sallyport serve` and compare the address that it prints with `org` in agent.json. If a proxy stands in front of it, see whether that one runs.",
      linux: "On the org's machine: `ss -ltnp`.",
      windows: "From the host: `Test-NetConnection NAME -Port 443`.",
    },
  },
  "net.timeout": {
    kind: "refusal",
    title: "The org did not answer in time",
    person: LATER,
    administrator:
      "The connection or the answer took longer than the limit in the evidence. A firewall drops packets silently, or the org is far too slow.",
    evidence: ["address", "port", "phase", "limitMs"],
    who: "network",
    fix: {
      any: "If `phase` is connect, open the firewall from the host to the org's port. If it is answer, look at the load of the org: /readyz and /metrics at its address.",
      linux: "From the host: `nc -zvw5 NAME 443`.",
      windows: "From the host: `Test-NetConnection NAME -Port 443`.",
    },
    dependsOn: ["net.unreachable", "org.overloaded", "org.database"],
  },
  "net.unreachable": {
    kind: "refusal",
    title: "There is no way from the host to the org",
    person: LATER,
    administrator:
      "The host's own system reports no route to the org, or the connection was cut off while it was being made or used: no network, no gateway, a VPN that is down, or a firewall that resets.",
    evidence: ["address", "port", "error"],
    who: "network",
    fix: {
      any: "Bring the host's network or VPN up, then look at its routes.",
      linux: "`ip -br address` and `ip route get ADDRESS`.",
      windows: "`Get-NetIPConfiguration` and `Find-NetRoute -RemoteIPAddress ADDRESS`.",
    },
  },
  "net.proxy-auth": {
    kind: "refusal",
    title: "A proxy wants a name and password",
    person: MACHINE,
    administrator: "The proxy on the way answered 407: it lets nobody through without logging on, and the agent has no account there.",
    evidence: ["proxy", "status", "scheme"],
    who: "network",
    fix: {
      any: "Let the org's address pass the proxy without authentication, or remove `proxy` from agent.json if this host reaches the org without it.",
    },
  },
  "net.proxy-block": {
    kind: "refusal",
    title: "A proxy refuses to connect to the org",
    person: MACHINE,
    administrator: "The proxy on the way answered, and does not allow connections to the org's address. The evidence holds its answer.",
    evidence: ["proxy", "status", "reason"],
    who: "network",
    fix: {
      any: "Ask those who run the proxy to allow the org's name and port for this host. Which proxy is used stands under `proxy` in agent.json.",
    },
  },
  "net.captive": {
    kind: "refusal",
    title: "A web page answers instead of the org",
    person: MACHINE,
    administrator:
      "The answer is HTML where JSON was due: a guest network's sign-in page, a proxy's block page, or another web server at this address.",
    evidence: ["status", "contentType", "title", "endpoint"],
    who: "network",
    fix: {
      any: "Open the org's address in a browser on the host to see who answers. Sign in to the guest network, or let the proxy pass the org's name untouched.",
    },
  },
  "tls.version": {
    kind: "refusal",
    title: "Host and org share no version of TLS or no cipher",
    person: MACHINE,
    administrator:
      "The two sides could not agree how to encrypt. One of them, or a proxy between, offers only what the other holds too old: at least TLS 1.2 is needed.",
    evidence: ["offered", "error"],
    who: "administrator",
    fix: {
      any: "Let the proxy or load balancer in front of the org offer TLS 1.2 and 1.3.",
      linux: "Try it from the host with `openssl s_client -connect NAME:443 -tls1_2`.",
      windows:
        "Set Enabled = 1 and DisabledByDefault = 0 in `HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Client`. For the other product also SchUseStrongCrypto = 1 and SystemDefaultTlsVersions = 1 in `HKLM\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319` and under Wow6432Node; then reboot.",
    },
    dependsOn: ["tls.inspected"],
    okta: "Could not create SSL/TLS secure channel; do not possess a common algorithm; An unexpected error occurred on a send",
  },
  "tls.untrusted": {
    kind: "refusal",
    title: "The org's certificate is not trusted by this host",
    person: MACHINE,
    administrator:
      "The chain of the org's certificate does not end in an authority that the host trusts. The evidence says whether a root, an intermediate, or everything (self-signed) is missing.",
    evidence: ["issuer", "missing", "chain", "error"],
    who: "administrator",
    fix: {
      any: "If an intermediate is missing, put the full chain into the org's certificate file. If the root is missing, install it on the host.",
      linux: "Copy the root as NAME.crt to /usr/local/share/ca-certificates and run `update-ca-certificates`.",
      windows: "`certutil -addstore Root FILE.cer` as administrator, or distribute it by group policy.",
    },
    dependsOn: ["tls.inspected", "net.captive"],
    okta: "Content was blocked because it was not signed by a valid security certificate",
  },
  "tls.inspected": {
    kind: "refusal",
    title: "A proxy opens the encrypted connection",
    person: MACHINE,
    administrator:
      "The certificate comes from another issuer than the one pinned at enrolment: something between host and org decrypts the traffic. The agent does not speak through it.",
    evidence: ["issuer", "pinExpected", "pinFound"],
    who: "network",
    fix: {
      any: "Ask those who run the TLS-inspecting proxy to pass the org's name without inspection. If the org itself has a certificate from a new authority, enrol the host again: `sallyport host code --app APP` on the org, `sallyport host enrol` on the host.",
    },
    okta: "Authentication failed because the remote party has closed the transport stream: a proxy terminates TLS while SslPinningEnabled is true",
  },
  "tls.expired": {
    kind: "refusal",
    title: "The org's certificate has expired",
    person: MACHINE,
    administrator: "The certificate of the org ended at the time in the evidence, also by the org's own clock.",
    evidence: ["notAfter", "hostTime", "orgTime", "reason"],
    who: "administrator",
    fix: { any: "Renew the certificate and restart `sallyport serve`, or the proxy in front of it that holds the certificate." },
    dependsOn: ["clock.host", "tls.inspected"],
  },
  "tls.not-yet": {
    kind: "refusal",
    title: "The org's certificate is not valid yet",
    person: MACHINE,
    administrator: "The certificate of the org begins only at the time in the evidence, also by the org's own clock.",
    evidence: ["notBefore", "hostTime", "orgTime", "reason"],
    who: "administrator",
    fix: {
      any: "Put back the previous certificate, or have a new one made by an authority whose clock is right; then restart what holds it.",
    },
    dependsOn: ["clock.host", "tls.inspected"],
  },
  "tls.name": {
    kind: "refusal",
    title: "The certificate is for another name",
    person: MACHINE,
    administrator: "The certificate does not hold the name by which the host calls the org. The evidence lists the names that it holds.",
    evidence: ["name", "names"],
    who: "administrator",
    fix: {
      any: "Set `org` in agent.json to a name that the certificate holds, or have the certificate made anew with this name as subject alternative name.",
    },
    dependsOn: ["tls.inspected", "net.captive", "url.malformed"],
  },
  "http.rate-limited": {
    kind: "refusal",
    title: "The org has had too many requests from this host",
    person: LATER,
    administrator: "The org answered 429. Many logons at once, many different names, or a script that tries again and again.",
    evidence: ["retryAfterSeconds", "endpoint", "names", "perHour"],
    who: "administrator",
    fix: {
      any: "Wait for the seconds in the evidence. See in `sallyport log tail` which name or address asks so often, and stop that one.",
    },
  },
  "http.server-error": {
    kind: "refusal",
    title: "The org answered with a fault of its own",
    person: LATER,
    administrator:
      "The org, or the proxy in front of it, answered with a status in the five hundreds. If there is an error id, the org's log holds more under it.",
    evidence: ["status", "errorId", "endpoint", "contentType"],
    who: "administrator",
    fix: {
      any: "Look at the org's own log for the error id, and at /readyz at its address. 502 and 504 come from the proxy: the server behind it is not running.",
    },
    dependsOn: ["org.fault", "org.overloaded", "org.database", "org.migration", "org.sealing-key"],
  },
  "http.unexpected": {
    kind: "refusal",
    title: "The org gave an answer that makes no sense here",
    person: MACHINE,
    administrator:
      "The status or the content of the answer is not one that an org gives to this request. The evidence shows the beginning of what came.",
    evidence: ["status", "contentType", "endpoint", "excerpt"],
    who: "administrator",
    fix: {
      any: "Open the org's address with /livez behind it on the host: `curl -i https://NAME/livez`. If another product answers, correct `org` in agent.json; if ours does, install the org's version of the agent.",
    },
    dependsOn: ["net.captive", "net.proxy-block", "url.wrong-org", "agent.version"],
  },
} as const satisfies CauseRows;
