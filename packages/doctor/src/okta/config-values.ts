/** Judges the three connection values of rdp_app_config.json: the org's URL, the client id, the stored secret. */
import { type CauseId, type OddCharacter, oddCharacters, type Proof, readOrgUrl, sameOrgUrl } from "@sallyport/contracts";
import type { Seen } from "../check.ts";

/** `where`: file, line and column of the value. A value is shown only where it cannot be a secret. */
type Judge = (value: string, key: string, where: string) => Seen[];

/** Domains that the installer accepts (installation page). */
export const VENDOR_DOMAINS = ["okta.com", "okta-gov.com", "oktapreview.com", "okta-emea.com"];

export const judgeUrl: Judge = (value, key, where) => {
  const proof = (said: string): Proof[] => [{ what: key, value: said, where }];
  const read = readOrgUrl(value);
  const one = (cause: CauseId, verdict: Seen["verdict"], said: string): Seen => ({ cause, verdict, evidence: proof(said) });
  if (!read.ok) return [one("url.malformed", "confirmed", value === "" ? "is empty" : withPlace(read.reason, read.position))];
  if (read.url.startsWith("http:")) return [one("url.malformed", "confirmed", "begins with http://, not https://")];
  const seen = [one("url.malformed", "ruled-out", read.url)];
  if (read.forgiven.includes("url.trailing-slash"))
    seen.push(one("url.trailing-slash", "confirmed", `${value} ends in a slash, character ${value.length}`));
  else seen.push(one("url.trailing-slash", "ruled-out", `${read.url} ends with the host name`));
  const host = new URL(read.url).hostname;
  const domain = vendorDomain(host);
  if (domain && host.endsWith(`-admin.${domain}`)) {
    seen.push(one("url.wrong-org", "candidate", `${host} is the address of the Admin Console; the org's own has no “-admin”`));
  } else if (!domain) {
    seen.push(one("url.wrong-org", "candidate", `${host} is below none of ${VENDOR_DOMAINS.join(", ")}, which the installer accepts`));
  }
  return seen;
};

const vendorDomain = (host: string) => VENDOR_DOMAINS.find((name) => host.endsWith(`.${name}`));

/** The URL of the settings against the org's as somebody typed it. Two addresses of the vendor's are two orgs; a domain of the org's own may be a second name of the same one. */
export function compareUrls(url: string, typed: string, file: string): Seen[] {
  const [read, wanted] = [readOrgUrl(url), readOrgUrl(typed)];
  if (!read.ok || !wanted.ok || sameOrgUrl(url, typed)) return [];
  const hosts = [read.url, wanted.url].map((one) => new URL(one).hostname);
  const sure = hosts.every((host) => vendorDomain(host) !== undefined && !host.endsWith(`-admin.${vendorDomain(host)}`));
  return [
    {
      cause: "url.wrong-org",
      verdict: sure ? "confirmed" : "candidate",
      decides: true,
      evidence: [{ what: "URL", value: `is not ${wanted.url}`, where: file }],
    },
  ];
}

function withPlace(reason: string, position: number | undefined): string {
  // The value itself is not told: what stands before an @ can be a password.
  const told = reason.replace(/a path \(.*\);/s, "a path;");
  return position === undefined || told.includes("character ") ? told : `${told}, from character ${position}`;
}

/** Ids of the vendor have 20 letters and digits. */
const ID_LENGTH = 20;

export const judgeClientId: Judge = (value, key, where) => {
  const odd = oddCharacters(value, /[A-Za-z0-9_-]/);
  if (odd.length > 0) {
    return [
      {
        cause: "client.id-mangled",
        verdict: "confirmed",
        evidence: odd.slice(0, 8).map((one) => place(key, one.position, one.name, where)),
      },
    ];
  }
  const ruledOut: Seen = {
    cause: "client.id-mangled",
    verdict: "ruled-out",
    evidence: [{ what: key, value: "only letters and digits", where }],
  };
  if (value.length === ID_LENGTH) return [ruledOut];
  const said = value === "" ? "is empty" : `has ${value.length} characters; ids have ${ID_LENGTH}`;
  return [
    ruledOut,
    { cause: "client.unknown", verdict: value === "" ? "confirmed" : "candidate", evidence: [{ what: key, value: said, where }] },
  ];
};

/**
 * The stored secret is encrypted and written as Base64; nobody can type it. Only positions, names of odd characters and lengths are told.
 * Source: the vendor's article on HS256; .NET's `Convert.FromBase64String`, which passes over white space and demands a multiple of four.
 */
export const judgeSecret: Judge = (value, key, where) => {
  const mangled = (verdict: "confirmed" | "candidate", evidence: Proof[]): Seen[] => [
    { cause: "client.secret-mangled", verdict, evidence, explains: ["secret-unusable"] },
  ];
  const told = (said: string): Proof[] => [{ what: key, value: said, where }];
  if (value === "") return mangled("confirmed", told("is empty"));
  const odd = oddCharacters(value, /[A-Za-z0-9+/=]/);
  const typed = odd.every(({ character }) => character === "-" || character === "_");
  if (odd.length > 0 && typed)
    return mangled(
      "confirmed",
      told(
        `holds “${odd[0]?.character}” at character ${odd[0]?.position}, which Base64 has not: a secret typed in clear instead of the encrypted one`,
      ),
    );
  if (odd.length > 0)
    return mangled(
      "confirmed",
      odd.slice(0, 8).map((one) => place(key, one.position, one.name, where)),
    );
  const padding = /^[A-Za-z0-9+/]*(={0,2})$/.exec(value);
  if (!padding) return mangled("confirmed", told(`holds “=” at character ${value.indexOf("=") + 1}, before its end`));
  if (value.length % 4 !== 0)
    return mangled(
      "confirmed",
      told(`has ${value.length} characters, which is no multiple of four: not Base64, as an encrypted secret is`),
    );
  const bytes = (value.length / 4) * 3 - (padding[1]?.length ?? 0);
  if (looksTyped(value))
    return mangled(
      "candidate",
      told(`has ${value.length} letters and digits, as a secret in clear has; the encrypted one is longer and ends mostly in “=”`),
    );
  if (bytes < 16) return mangled("candidate", told(`decodes to ${bytes} bytes, fewer than any encrypted secret has`));
  return [];
};

/** Secrets of the vendor have 40 or 64 letters, digits, - and _; such a text without the last two is valid Base64 by chance. */
const looksTyped = (value: string) => (value.length === 40 || value.length === 64) && /^[A-Za-z0-9]+$/.test(value);

function place(key: string, position: number, name: string, where: string): Proof {
  return { what: key, value: `character ${position} is a ${name.replace(/^(“)/, "$1")}`, where };
}

/** The first character of `line` outside its strings that copy and paste leaves there and JSON does not know. */
export function pastedCharacter(line: string): OddCharacter | undefined {
  return oddCharacters(line, /[^“”„‟«»‘’\u00a0\u00ad\u200b-\u200f\u2028\u2029\u202f\u2060\u3000\ufeff]/)[0];
}
