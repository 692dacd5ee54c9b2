/** What the registry says about the other product's provider, its filter, TLS and remote desktop. */
import type { Proof } from "@sallyport/contracts";
import type { Missed, Seen } from "../check.ts";
import { DOTNET_VALUES, NLA_OFF, REMOTE_OFF, SECURE_PROTOCOL_VALUES, TLS12_CLIENT_VALUES, type ValueRule } from "../registry-values.ts";

export interface KeySeen {
  /** Lower case, `hklm\software\…`. */
  path: string;
  where: string;
  /** Written as `[-HKEY…]`: the file takes the key away. */
  deleted: boolean;
  /** By name in lower case; the default value has the empty name. `text` as written: `dword:00000001`, `"…"`. */
  values: Map<string, { text: string; where: string }>;
}

const AUTHENTICATION = "hklm\\software\\microsoft\\windows\\currentversion\\authentication";
export const PROVIDERS = `${AUTHENTICATION}\\credential providers`;
export const FILTERS = `${AUTHENTICATION}\\credential provider filters`;
/** The whole id stands in a customer's script only; so a key whose default value is the vendor's name counts as well. */
const CLSID = "{6d269aea-159e-4f45-bc6a-02aa9c14f310}";
const VENDOR_NAME = /oktacredentialprovider/i;
const TLS_KEYS: readonly { key: RegExp; rules: readonly ValueRule[] }[] = [
  { key: /\\microsoft\\\.netframework\\v4\.0\.30319$/, rules: DOTNET_VALUES },
  { key: /\\schannel\\protocols\\tls 1\.2\\client$/, rules: TLS12_CLIENT_VALUES },
  { key: /\\internet settings(?:\\winhttp)?$/, rules: SECURE_PROTOCOL_VALUES },
];
const TERMINAL_SERVER = /\\control\\terminal server(?:\\winstations\\rdp-tcp)?$/;

/** Policies of the vendor's product for workstations. */
export const DEVICE_ACCESS = "hklm\\software\\policies\\okta\\okta device access";

/** Keys that some rule below asks for, or that show which branch was exported. */
export const WANTED =
  /\\okta\\okta device access$|\\authentication(?:$|\\credential provider)|\\\.netframework\\v4\.0\.30319$|\\schannel\\protocols\\tls 1\.2\\client$|\\internet settings(?:\\winhttp)?$|\\control\\terminal server(?:\\winstations\\rdp-tcp)?$/;

export function judgeRegistry(keys: readonly KeySeen[], file: string): { seen: Seen[]; missed: Missed[] } {
  const seen: Seen[] = [];
  const missed: Missed[] = [];
  branch(PROVIDERS, "provider", keys, file, seen, missed);
  branch(FILTERS, "filter", keys, file, seen, missed);
  seen.push(...keys.flatMap((key) => [...tlsOf(key), ...remoteOf(key)]));
  return { seen, missed };
}

/** Registered and switched on, as far as the export reaches. */
function branch(base: string, what: string, keys: readonly KeySeen[], file: string, seen: Seen[], missed: Missed[]): void {
  const below = keys.filter(({ path, deleted }) => path.startsWith(`${base}\\`) && !deleted);
  const own = below.filter((key) => isVendors(base, key));
  const whole = [base, AUTHENTICATION].map((branch) => keys.find(({ path, deleted }) => !deleted && path === branch)).find(Boolean);
  if (own.length === 0) {
    const gone = keys.find(({ path, deleted }) => deleted && path === `${base}\\${CLSID}`);
    if (whole || gone) {
      const value = gone ? "the file takes it away" : `not registered (${below.length} others are)`;
      seen.push({
        cause: "provider.missing",
        verdict: "confirmed",
        evidence: [{ what: `the other product's ${what}`, value, where: (gone ?? whole)?.where ?? file }],
      });
    } else missed.push({ what: `whether the ${what} is registered`, why: `${file} does not hold the key “${base.split("\\").at(-1)}”` });
    return;
  }
  const off = own.map((key) => ({ key, disabled: key.values.get("disabled") })).find(({ disabled }) => (dword(disabled?.text) ?? 0) !== 0);
  const proof = (value: string, where: string): Proof[] => [{ what: `the other product's ${what}`, value, where }];
  seen.push({ cause: "provider.missing", verdict: "ruled-out", evidence: proof("registered", own[0]?.where ?? file) });
  if (off)
    seen.push({
      cause: "provider.filtered",
      verdict: "confirmed",
      evidence: proof(`Disabled = ${dword(off.disabled?.text)}`, off.disabled?.where ?? file),
    });
  else seen.push({ cause: "provider.filtered", verdict: "ruled-out", evidence: proof("no value Disabled, or 0", own[0]?.where ?? file) });
}

export const isVendors = (base: string, { path, values }: KeySeen) =>
  path === `${base}\\${CLSID}` || VENDOR_NAME.test(values.get("")?.text ?? "");

function tlsOf({ path, values }: KeySeen): Seen[] {
  const rules = TLS_KEYS.find(({ key }) => key.test(path))?.rules ?? [];
  const wrong = rules.flatMap(({ name, wrong, means }): Proof[] => {
    const entry = values.get(name.toLowerCase());
    const value = dword(entry?.text);
    return entry && value !== undefined && wrong(value) ? [{ what: name, value: `${value}: ${means}`, where: entry.where }] : [];
  });
  return wrong.length === 0 ? [] : [{ cause: "tls.version", verdict: "candidate", evidence: wrong }];
}

function remoteOf({ path, values }: KeySeen): Seen[] {
  if (!TERMINAL_SERVER.test(path)) return [];
  const judge = ({ cause, name, wrong }: ValueRule, verdict: "confirmed" | "candidate"): Seen[] => {
    const entry = values.get(name.toLowerCase());
    const value = dword(entry?.text);
    if (!entry || value === undefined) return [];
    return [{ cause, verdict: wrong(value) ? verdict : "ruled-out", evidence: [{ what: name, value: String(value), where: entry.where }] }];
  };
  // Without NLA the vendor says that people cannot connect; other set-ups work so.
  return [...judge(REMOTE_OFF, "confirmed"), ...judge(NLA_OFF, "candidate")];
}

/** `dword:00000001`; other kinds of value are no switch. */
function dword(text: string | undefined): number | undefined {
  const hex = /^dword:([0-9a-f]{1,8})$/i.exec(text ?? "")?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}
