/** Reads a typed org URL into its one exact form, or refuses it with the reason and the place. */
import { oddCharacters } from "./odd-characters.ts";

export interface OrgUrl {
  ok: true;
  /** Scheme and authority in lower case, no trailing slash: `https://mfa.corp.example` or `http://localhost:8080`. */
  url: string;
  /** What was forgiven. `url.trailing-slash` is worth a finding: the other product refuses such a URL. */
  forgiven: ("url.trailing-slash" | "upper-case")[];
}

export interface OrgUrlRefused {
  ok: false;
  cause: "url.malformed";
  reason: string;
  /** 1-based position of the first character that does not belong, where one character is to blame. */
  position?: number;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const BELONGS = /[A-Za-z0-9\-._~:/?#[\]@!$&()*+,;=%]/;

/** `typed` as an administrator wrote it. Plain http is accepted for loopback only: nothing else may cross a network in clear. */
export function readOrgUrl(typed: string): OrgUrl | OrgUrlRefused {
  const odd = oddCharacters(typed, BELONGS)[0];
  if (odd) return refuse(`character ${odd.position} is a ${odd.name}; a URL has none`, odd.position);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(typed)?.[1]?.toLowerCase();
  if (!scheme) return refuse("it does not begin with https://", 1);
  if (scheme !== "https" && scheme !== "http") return refuse(`it begins with ${scheme}://, not https://`, 1);
  if (!URL.canParse(typed)) return refuse("it is not a URL");
  const url = new URL(typed);
  const extra = extraPart(url, typed);
  if (extra) return extra;
  if (scheme === "http" && !LOOPBACK.has(url.hostname)) {
    return refuse("it begins with http://; only https is accepted, except on this very machine (localhost)", 1);
  }
  const forgiven: OrgUrl["forgiven"] = [];
  if (typed.endsWith("/")) forgiven.push("url.trailing-slash");
  if (/[A-Z]/.test(typed)) forgiven.push("upper-case");
  return { ok: true, url: url.origin, forgiven };
}

/** Two org URLs name the same org if scheme, host and port agree; a trailing slash and the host's case do not matter. */
export function sameOrgUrl(one: string, other: string): boolean {
  const a = readOrgUrl(one);
  const b = readOrgUrl(other);
  return a.ok && b.ok && a.url === b.url;
}

function extraPart(url: URL, typed: string): OrgUrlRefused | undefined {
  if (url.username || url.password) return refuse("it holds a user name or password", typed.indexOf("@") + 1);
  if (url.search || typed.includes("?")) return refuse("it has a query (what follows the ?)", typed.indexOf("?") + 1);
  if (url.hash || typed.includes("#")) return refuse("it has a fragment (what follows the #)", typed.indexOf("#") + 1);
  const path = typed.replace(/^[a-z]+:\/\/[^/]*/i, "");
  if (path !== "" && path !== "/") {
    return refuse(`it has a path (${path}); the org's URL ends after the host name`, typed.length - path.length + 1);
  }
  return undefined;
}

function refuse(reason: string, position?: number): OrgUrlRefused {
  return { ok: false, cause: "url.malformed", reason, ...(position === undefined ? {} : { position }) };
}
