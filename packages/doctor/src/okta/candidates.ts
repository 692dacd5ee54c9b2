/** Which causes can be behind each kind of incident, the likeliest first, as the vendor's articles and the exceptions of .NET have it. */
import type { CauseId } from "@sallyport/contracts";

/** Faults of the machine: they hit everybody who logs on to it. */
const MACHINE: readonly CauseId[] = [
  "url.trailing-slash",
  "url.malformed",
  "url.wrong-org",
  "client.unknown",
  "client.id-mangled",
  "client.secret-wrong",
  "client.secret-mangled",
  "client.secret-retired",
  "clock.host",
];
/** Faults of one person or account. */
const PERSON: readonly CauseId[] = [
  "user.password",
  "user.unknown",
  "app.not-assigned",
  "user.ambiguous",
  "host.not-rdp-user",
  "host.remote-off",
  "host.nla",
];

const KINDS: Record<string, readonly CauseId[]> = {
  // Article “RDP Error: (401) Unauthorized”, in its order.
  "http-401": [
    "user.password",
    "client.unknown",
    "client.secret-wrong",
    "client.id-mangled",
    "client.secret-mangled",
    "client.secret-retired",
    "url.malformed",
    "url.wrong-org",
    "url.trailing-slash",
    "user.unknown",
    "host.remote-off",
    "host.nla",
    "host.not-rdp-user",
    "app.not-assigned",
    "user.ambiguous",
    "clock.host",
  ],
  // Article “RDP Error: (403) Forbidden”.
  "http-403": ["factor.none", "policy.denies", "app.not-assigned"],
  // Article “RDP Error: (404) Not Found”; its second reason is not public, and any server answers 404 to a path that it has not.
  "http-404": ["user.name-shape", "user.unknown", "url.malformed", "url.wrong-org"],
  "http-407": ["net.proxy-auth"],
  "http-429": ["http.rate-limited"],
  "secret-unusable": ["client.secret-mangled", "client.secret-wrong"],
  "tls-handshake": ["tls.version", "tls.inspected", "net.unreachable"],
  "tls-trust": ["tls.untrusted", "tls.inspected", "tls.expired", "clock.host", "tls.name"],
  "name-not-resolved": ["net.dns", "url.wrong-org"],
  "not-connected": ["net.refused", "net.timeout", "net.unreachable", "net.proxy-block"],
  "timed-out": ["net.timeout", "agent.fault"],
  "no-answer": ["tls.version", "tls.inspected", "net.timeout", "net.refused", "net.unreachable", "net.dns", "tls.untrusted"],
  "url-malformed": ["url.malformed"],
  "file-missing": ["config.missing", "agent.fault"],
  "file-unreadable": ["config.unreadable", "agent.fault"],
  "not-json": ["config.invalid", "net.captive"],
  "dialog-mfa-bypass": ["policy.no-mfa"],
  "dialog-display-failed": ["client.unknown", "client.secret-wrong", "url.malformed", "url.wrong-org", "user.name-shape"],
  // The dialog stands for every error: of the causes of all kinds nothing speaks for one.
  "dialog-failed": [],
  // A stack without its head: the call to the org failed, nothing says how.
  "cut-off": [],
};

/** People after whom a fault of one person no longer explains the incident well. */
export const MANY_USERS = 3;

/** Candidates of a kind in order; `users`: how many different people were hit. */
export function candidatesOf(kind: string, users: number): readonly CauseId[] {
  const own = KINDS[kind];
  if (kind === "http-401" && users >= MANY_USERS && own) {
    const machine = MACHINE.filter((cause) => own.includes(cause));
    return [...machine, ...PERSON.filter((cause) => own.includes(cause))];
  }
  if (own) return own;
  if (/^http-5\d\d$/.test(kind)) return ["http.server-error"];
  if (kind.startsWith("http-")) return ["http.unexpected", "url.wrong-org", "net.captive"];
  return ["agent.fault"];
}

/** True for a fault that hits everybody who logs on to the machine. */
export const hitsEverybody = (cause: CauseId) => MACHINE.includes(cause);

/** Every kind that has a row of its own. */
export const KNOWN_KINDS = Object.keys(KINDS);
