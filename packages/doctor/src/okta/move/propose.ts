/** Proposes our settings for those of the other product, from its files alone: they are opened for reading, and nothing is written. */
import { readFile } from "node:fs/promises";
import type { ImportedSetting, NotLookedAt, OktaImport } from "@sallyport/contracts";
import type { Seen } from "../../check.ts";
import { decodeFile } from "../../encoding.ts";
import { readBytes, systemSays } from "../../read-bytes.ts";
import { type FoundFile, findFiles, LARGEST_SETTINGS } from "../find-files.ts";
import { type ConfigRead, type FoundOption, readConfig } from "../read-config.ts";
import { readRegistry } from "../read-registry.ts";
import { OPTION_ROWS } from "./counterparts.ts";
import { type Row, registryRows } from "./registry-counterparts.ts";

/** A file that cannot be read whole gives no proposal: half of the settings look like all of them. */
export type Proposed = { ok: true; proposal: OktaImport } | { ok: false; complaints: string[] };
type Read = { rows: Row[] } | { complaints: string[] };

const UNKNOWN_NOTE = "No public page of the vendor names it. Find out what it does there before you go without it.";
const BAD_VALUE = "What the other product makes of such a value is in no public page, so nothing is proposed for it.";

/** What the other product keeps in its org, or in Windows. */
const NOT_IN_FILES: readonly NotLookedAt[] = [
  { what: "people and groups", why: "they are in the org: `sallyport source import FILE --source NAME`, a directory, or SCIM" },
  { what: "who may log on", why: "they are assignments of the app: `sallyport assign APP USER`" },
  { what: "the form of user names", why: "it is set at the app: `sallyport app names APP RULES`" },
  {
    what: "the sign-on policy and its zones",
    why: "they are in the org: `sallyport policy set FILE --app APP`, `sallyport zone set NAME CIDR`",
  },
  { what: "the proxy", why: "it is the system's (`netsh winhttp show proxy`); ours has its own key `proxy` in agent.json" },
];

export async function proposeFromOkta(paths: readonly string[]): Promise<Proposed> {
  const { files, missed } = await findFiles(paths);
  const complaints = missed.filter(({ asked }) => asked).map(({ what, why }) => `${what}: ${why}`);
  const used = files.filter(({ kind, given }) => kind !== "log" || given);
  const settings = used.filter(({ kind }) => kind === "settings");
  if (settings.length > 1) complaints.push(`${settings.map(({ name }) => name).join(", ")}: name the one settings file that counts`);
  if (used.length === 0 && complaints.length === 0)
    complaints.push(`${paths.join(", ")}: neither an rdp_app_config.json nor a registry export`);
  if (complaints.length > 0) return { ok: false, complaints };
  const reads = await Promise.all(used.map(read));
  const wrong = reads.flatMap((one) => ("complaints" in one ? one.complaints : []));
  if (wrong.length > 0) return { ok: false, complaints: wrong };
  return {
    ok: true,
    proposal: conclude(
      used,
      reads.flatMap((one) => ("rows" in one ? one.rows : [])),
    ),
  };
}

async function read(file: FoundFile): Promise<Read> {
  try {
    if (file.kind === "settings") return await readSettings(file);
    if (file.kind === "registry") return await readExport(file);
    const why = /\.reg$/i.test(file.name)
      ? ":1:1: the first line is not “Windows Registry Editor Version 5.00” (or REGEDIT4): this is no export of the registry, or it lost its beginning"
      : ": neither an rdp_app_config.json nor a registry export; logs are read by `sallyport doctor okta`";
    return { complaints: [`${file.name}${why}`] };
  } catch (error) {
    return { complaints: [`${file.name}: ${systemSays(error)}`] };
  }
}

async function readSettings({ path, name, bytes }: FoundFile): Promise<Read> {
  if (bytes > LARGEST_SETTINGS) return { complaints: [`${name}: too large for a settings file`] };
  const config = readConfig(decodeFile(await readFile(path)), name);
  const { options } = config;
  if (options === undefined) return { complaints: badValues(config).map(({ where, what, value }) => `${where}: ${what}: ${value}`) };
  return { rows: [...optionRows(config, options, name), ...badRows(config)] };
}

async function readExport({ path, name }: FoundFile): Promise<Read> {
  const { keys, odd } = await readRegistry(name, readBytes(path));
  if (odd.length > 0) return { complaints: odd.map(({ line, column, says }) => `${name}:${line}:${column}: ${says}`) };
  const rows = registryRows(keys);
  if (rows.length > 0) return { rows };
  return {
    complaints: [
      `${name}: it holds no key of the other product; export HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication`,
    ],
  };
}

/** What is in the file, then what counts because it is not. */
function optionRows({ seen }: ConfigRead, options: readonly FoundOption[], file: string): Row[] {
  const rows = options.flatMap((one) => {
    const row = one.name === undefined ? undefined : OPTION_ROWS[one.name];
    if (!row) return [unknownRow(one, seen)];
    if (!row.isText && one.value === undefined) return [];
    return [{ ...row.of(one.value), found: { what: one.key, value: row.isText ? "not told" : String(one.value), where: one.where } }];
  });
  const left = Object.entries(OPTION_ROWS).filter(([name]) => !options.some((one) => one.name === name));
  const standing = left.flatMap(([what, row]): Row[] =>
    row.standard === undefined ? [] : [{ ...row.of(row.standard), found: { what, value: `${row.standard} (not set)`, where: file } }],
  );
  return [...rows, ...standing];
}

function unknownRow({ key, where }: FoundOption, seen: readonly Seen[]): Row {
  const guess = seen.flatMap(({ verdict, evidence }) => (verdict === "candidate" ? evidence : [])).find((one) => one.where === where);
  const note = guess ? `${guess.value.replace(/^n/, "N")} ${UNKNOWN_NOTE}` : UNKNOWN_NOTE;
  return { verdict: "none", found: { what: key, value: "not told", where }, set: [], note };
}

const badValues = ({ seen }: ConfigRead) =>
  seen.filter(({ cause, verdict }) => cause === "config.invalid" && verdict === "confirmed").flatMap(({ evidence }) => evidence);

function badRows(config: ConfigRead): Row[] {
  return badValues(config).map((found) => ({ verdict: "decide", found, set: [], note: BAD_VALUE }));
}

function conclude(files: FoundFile[], rows: Row[]): OktaImport {
  const sure = rows.filter(({ verdict }) => verdict === "carries-over");
  return {
    files: files.map(({ name }) => name),
    settings: rows.map(({ verdict, found, ours, set, note }): ImportedSetting => {
      return { verdict, found, ...(ours === undefined ? {} : { ours }), set, note };
    }),
    installer: [...new Set(sure.flatMap(({ installer }) => installer ?? []))],
    agent: Object.assign({}, ...sure.map(({ agent }) => agent ?? {})),
    notInFiles: [...NOT_IN_FILES],
  };
}
