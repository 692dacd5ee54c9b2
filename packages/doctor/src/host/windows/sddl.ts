/** Reads who may do what to a file, folder or pipe from its access list in SDDL. Source: learn.microsoft.com, “ACE strings”, “SID strings”. */

export interface AccessList {
  /** `SY`, `BA` or a SID. */
  owner: string | undefined;
  /** Entries that let in. `mask`: access rights as a number. */
  allowed: { trustee: string; mask: number }[];
}

const RIGHTS: Readonly<Record<string, number>> = {
  GA: 0x10000000,
  GR: 0x80000000,
  GW: 0x40000000,
  GX: 0x20000000,
  FA: 0x1f01ff,
  FR: 0x120089,
  FW: 0x120116,
  FX: 0x1200a0,
  CC: 0x1,
  DC: 0x2,
  LC: 0x4,
  SW: 0x8,
  RP: 0x10,
  WP: 0x20,
  DT: 0x40,
  LO: 0x80,
  CR: 0x100,
  SD: 0x10000,
  RC: 0x20000,
  WD: 0x40000,
  WO: 0x80000,
};
/** Writing, appending, attributes, deleting, changing list or owner; all of it and generic writing. */
const WRITING = [0x2, 0x4, 0x10, 0x40, 0x100, 0x10000, 0x40000, 0x80000, 0x10000000, 0x40000000];

/** The system, the administrators, who stands for the maker of what is made inside, and Windows' own installer, which owns Program Files. */
const TRUSTED = ["SY", "BA", "CO", "S-1-5-18", "S-1-5-32-544", "S-1-3-0", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"];
const EVERYBODY = { trustee: "WD", mask: 0x1f01ff };

/** A list that is missing or has conditions, and an entry that cannot be read, count as letting everybody in. */
export function readSddl(sddl: string): AccessList {
  const owner = /^O:(S-1-[0-9-]+|[A-Z]{2})/.exec(sddl)?.[1];
  const list = /D:(?!NO_ACCESS_CONTROL)([A-Z]*)((?:\([^()]*\))*)(?=$|S:)/.exec(sddl);
  if (!list) return { owner, allowed: [EVERYBODY] };
  const entries = [...(list[2] ?? "").matchAll(/\(([^()]*)\)/g)].map(([, inside = ""]) => inside.split(";"));
  const allowed = entries
    .filter(([kind]) => kind !== "D")
    .map(([, flags = "", rights = "", , , trustee = "WD"]) => ({ trustee, mask: flags.includes("IO") ? 0 : maskOf(rights) }));
  return { owner, allowed };
}

function maskOf(rights: string): number {
  if (/^0x[0-9a-f]{1,8}$/i.test(rights)) return Number.parseInt(rights, 16);
  const codes = rights.match(/[\s\S]{1,2}/g) ?? [];
  return codes.reduce((mask, code) => mask + (mask & (RIGHTS[code] ?? 0x1f01ff) ? 0 : (RIGHTS[code] ?? 0x1f01ff)), 0);
}

export const isTrusted = (trustee: string) => TRUSTED.includes(trustee);

/** Who else than the system and the administrators may do anything; with `mayRead`, as for a program's folder, who else may write. */
export function othersIn({ allowed }: AccessList, mayRead = false): string[] {
  const others = allowed.filter(
    ({ trustee, mask }) => !isTrusted(trustee) && mask !== 0 && (!mayRead || WRITING.some((bit) => Math.floor(mask / bit) % 2 === 1)),
  );
  return [...new Set(others.map(({ trustee }) => trustee))];
}
