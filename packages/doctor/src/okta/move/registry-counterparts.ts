/** What an export of the registry says of a move: the provider's own switches, other filters, remote desktop, the policies for workstations. */
import type { ImportedSetting, PolicyDocument } from "@sallyport/contracts";
import { registryValue } from "../registry-lines.ts";
import { DEVICE_ACCESS, FILTERS, isVendors, type KeySeen, PROVIDERS } from "../registry-rules.ts";
import type { Counterpart } from "./counterparts.ts";
import { FILTER_OFF, FILTER_ON, INSTALLER, policyText } from "./ours.ts";

export type Row = Counterpart & Pick<ImportedSetting, "found">;
type Value = ReturnType<typeof registryValue>;

const SWITCHED_OFF =
  "It is installed there and asks nobody. A machine of ours that is armed asks everybody: leave it disarmed until that is wanted.";
const TERMINAL_SERVER = /\\control\\terminal server(?:\\winstations\\rdp-tcp)?$/;

export function registryRows(keys: readonly KeySeen[]): Row[] {
  return keys
    .filter(({ deleted }) => !deleted)
    .flatMap((key) => [...ownRows(key, PROVIDERS), ...ownRows(key, FILTERS), ...otherFilter(key), ...remoteRows(key), ...deviceRows(key)]);
}

/** Its provider and its filter: both have our own counterparts, which the installer registers. */
function ownRows(key: KeySeen, base: string): Row[] {
  if (!key.path.startsWith(`${base}\\`) || !isVendors(base, key)) return [];
  const what = base === PROVIDERS ? "its provider" : "its filter";
  const disabled = key.values.get("disabled");
  if (disabled && Number(numberOf(disabled.text) ?? 0) !== 0) {
    const found = { what: `${what}, value Disabled`, value: String(numberOf(disabled.text)), where: disabled.where };
    return [{ verdict: "decide", found, ours: "armed", set: [{ by: "command", text: "sallyport-agent arm" }], note: SWITCHED_OFF }];
  }
  const found = { what, value: "registered", where: key.where };
  const note =
    "Ours has a CLSID of its own, and is registered by its installer. The two can be installed side by side; only one should ask.";
  return [{ verdict: "none", found, set: [], note }];
}

function otherFilter(key: KeySeen): Row[] {
  if (!key.path.startsWith(`${FILTERS}\\{`) || isVendors(FILTERS, key)) return [];
  const name = registryValue(key.values.get("")?.text ?? "");
  const found = {
    what: "another product's filter",
    value: typeof name === "string" && name !== "" ? name : "without a name",
    where: key.where,
  };
  const note = "RISKY: what it hides is in its code; it may hide our tile as well. Try one logon with both before the machine is armed.";
  return [{ verdict: "decide", found, ours: "filter", set: [], note }];
}

/** Windows' own settings: both products go by them, and neither writes them. */
const REMOTE: Record<string, (value: number) => string> = {
  fDenyTSConnections: (value) =>
    value === 0 ? "Windows' own, and stays as it is: remote desktop is on." : "Windows' own, and stays as it is: remote desktop is off.",
  UserAuthentication: (value) =>
    value === 0
      ? "Windows' own, and stays as it is. RISKY: without network level authentication everybody who reaches the port gets a logon screen, and types the password there."
      : "Windows' own, and stays as it is: the password that network level authentication proved is taken over, and only the factor is asked.",
};

function remoteRows({ path, values }: KeySeen): Row[] {
  if (!TERMINAL_SERVER.test(path)) return [];
  return Object.entries(REMOTE).flatMap(([name, note]): Row[] => {
    const entry = values.get(name.toLowerCase());
    const value = numberOf(entry?.text);
    if (!entry || value === undefined) return [];
    return [{ verdict: "none", found: { what: name, value: String(value), where: entry.where }, set: [], note: note(value) }];
  });
}

/** Names of values as the vendor's pages on Desktop MFA have them; that product asks at workstations, not over RDP. */
const DEVICE: Record<string, { name: string; of(value: Value): Counterpart }> = {
  mfabypasslist: {
    name: "MFABypassList",
    of: () => ({
      verdict: "decide",
      ours: "exclusions",
      set: [{ by: "policy", text: policyText({ rules: [], exclusions: [{ sid: "S-1-5-21-1-2-3-1001", reason: "WHY" }] }) }],
      note: "RISKY: these accounts are never asked. An exclusion of ours names one account, or a group, by its own SID (this one is made up), with the reason. The names are not told here: read them in the file.",
    }),
  },
  mfarequiredlist: {
    name: "MFARequiredList",
    of: () => ({
      verdict: "decide",
      ours: "rules",
      set: [],
      note: "Here everybody is asked whom no rule lets in without: a list of who must is not needed. If the others shall not be asked, a rule has to say so.",
    }),
  },
  maxloginswithofflinefactor: {
    name: "MaxLoginsWithOfflineFactor",
    of: (value) => offlineRow(typeof value === "number" ? value : 0),
  },
  maxloginswithoutenrolledfactors: {
    name: "MaxLoginsWithoutEnrolledFactors",
    of: () => ({
      verdict: "none",
      ours: "tickets",
      set: [{ by: "command", text: "sallyport ticket create USER" }],
      note: "Nobody gets in without a factor for a number of times. Who has none is given a ticket, and enrols at the first logon.",
    }),
  },
  mfagraceperiodinminutes: {
    name: "MFAGracePeriodInMinutes",
    of: () => ({
      verdict: "none",
      set: [],
      note: "There is no time after a logon in which nobody is asked; an unlock is asked as a logon is.",
    }),
  },
  excludepasswordcredprovider: {
    name: "ExcludePasswordCredProvider",
    of: (value) =>
      value === 0
        ? { verdict: "decide", ours: "filter", set: FILTER_OFF, note: "RISKY: Windows' own password tile stays at the logon screen." }
        : {
            verdict: "carries-over",
            ours: "filter",
            set: FILTER_ON,
            installer: INSTALLER.filterOn,
            note: "Windows' own password tile is hidden.",
          },
  },
  credproviderstoexclude: {
    name: "CredProvidersToExclude",
    of: () => ({
      verdict: "decide",
      ours: "filter",
      set: [{ by: "installer", text: 'ALLOW="{CLSID};{CLSID}"' }],
      note: "Theirs lists which tiles go, ours which stay: look through the list with that in mind.",
    }),
  },
};

function offlineRow(uses: number): Counterpart {
  const capped = Math.min(100, uses);
  if (capped < 1)
    return {
      verdict: "carries-over",
      ours: "offline",
      set: [],
      note: "There are no offline codes unless the policy gives the right to them.",
    };
  const policy: PolicyDocument = { rules: [], offline: { days: 30, uses: capped } };
  return {
    verdict: "decide",
    ours: "offline.uses",
    set: [{ by: "policy", text: policyText(policy) }],
    note: "Ours also end after some days, and are set up by each person at the machine (docs/offline.md); more than 100 uses are not given.",
  };
}

function deviceRows({ path, values }: KeySeen): Row[] {
  if (path !== DEVICE_ACCESS) return [];
  return [...values].map(([key, { text, where }]): Row => {
    const known = DEVICE[key];
    if (!known)
      return {
        verdict: "none",
        found: { what: key, value: "not told", where },
        set: [],
        note: "A policy of Desktop MFA that has no counterpart here.",
      };
    const value = registryValue(text);
    const told = typeof value === "number" ? String(value) : Array.isArray(value) ? "a list" : "set";
    return { ...known.of(value), found: { what: known.name, value: told, where } };
  });
}

function numberOf(text: string | undefined): number | undefined {
  const value = registryValue(text ?? "");
  return typeof value === "number" ? value : undefined;
}
