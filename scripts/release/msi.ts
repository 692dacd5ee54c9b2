/** Builds the Windows installer with wixl and msibuild (msitools): fixed ids, order and times, so that the same parts give the same bytes. */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { ROOT } from "../prepare.js";
import { type Document, documents, pages } from "./msi-documents.ts";
import { run } from "./run.ts";
import { uuidOf } from "./uuid.ts";
import { PARTS } from "./windows-parts.ts";

const SOURCE = join(ROOT, "packaging/windows");
const DATA = "[CommonAppDataFolder]Sallyport";
/** The agent gives up each of its own steps long before. */
const LONGEST_S = 15 * 60;

/**
 * Properties that an administrator may give; the installer hands them from the asking process to the one with the rights. What the machine
 * had set before (OLD…) is none of them: only the one with the rights may say it.
 */
const SECURE = [
  "ENROLCODEFILE",
  "ORGURL",
  "CLIENTID",
  "CLIENTSECRETFILE",
  "ORGCAFILE",
  "ENROLMENT",
  "RDPONLY",
  "FILTER",
  "ALLOW",
  "ARM",
  "TRIALUSER",
  "PURGE",
];

/** What stands in sallyport.wxs as @NAME@. */
const WORDS: Record<string, string> = {
  ProviderFile: PARTS.provider,
  HostFile: PARTS.host,
  AgentFile: PARTS.agent,
  SetupFile: PARTS.setup,
  Clsid: "{696F6D96-AB3D-4079-811D-515E4BF386D1}",
  Class: "SOFTWARE\\Classes\\CLSID\\{696F6D96-AB3D-4079-811D-515E4BF386D1}",
  Logon: "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication",
  Settings: "SOFTWARE\\Sallyport\\Provider",
  HostArguments: `"[#agent]" run --state "${DATA}"`,
  Folder: DATA,
  // No longer than the 255 characters that the table gives it.
  SetupData: `[ENROLMENTIS]|${LONGEST_S}|[Folder]|"[#agent]" setup --state "[Folder]" --code-file "[ENROLCODEFILE]" --url "[ORGURL]" --client-id "[CLIENTID]" --secret-file "[CLIENTSECRETFILE]" --ca-file "[ORGCAFILE]" --fresh "[FRESH]" --arm "[ARM]" --trial "[TRIALUSER]"`,
  SetupAgainCommand: `"[#agent]" setup --state "${DATA}"`,
};

const UPGRADES = ["WIX_DOWNGRADE_DETECTED", "WIX_UPGRADE_DETECTED"];

export interface Msi {
  /** Folder with the parts, signed or not. */
  parts: string;
  /** Three numbers: Windows Installer compares no more. */
  version: string;
  /** Seconds since 1970. */
  time: number;
  /** Path of the file to write. */
  out: string;
}

export const msiName = (version: string) => `sallyport-agent-${version}-x64.msi`;

export function buildMsi(msi: Msi): void {
  const stage = mkdtempSync(join(tmpdir(), "sallyport-msi-"));
  try {
    collect(stage, msi);
    writeFileSync(join(stage, "sallyport.wxs"), fill(readFileSync(join(SOURCE, "sallyport.wxs"), "utf8"), msi.version));
    const made = join(stage, "made.msi");
    // The cabinet keeps times as the clock on the wall shows them.
    const env = { TZ: "UTC" };
    run("sh", ["-c", 'cd "$1" && exec wixl -a x64 -o made.msi sallyport.wxs', "sh", stage], env);
    writeFileSync(join(stage, "summary.idt"), summary(stage, msi));
    run("msibuild", [made, "-q", ...completing(msi.version), "-i", join(stage, "summary.idt")], env);
    mkdirSync(dirname(msi.out), { recursive: true });
    copyFileSync(made, `${msi.out}.new`);
    renameSync(`${msi.out}.new`, msi.out);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** Puts all files where the installer's description looks for them. */
function collect(stage: string, { parts, time }: Msi): void {
  const all: Document[] = [...Object.values(PARTS).map((name): Document => [name, join(parts, name)]), ...documents(), ...pages()];
  for (const name of ["sallyport.admx", "en-US/sallyport.adml", "de-DE/sallyport.adml"])
    all.push([`policy/${name}`, join(SOURCE, "policy", name)]);
  for (const [name, from] of all) {
    mkdirSync(dirname(join(stage, name)), { recursive: true });
    copyFileSync(from, join(stage, name));
    utimesSync(join(stage, name), time, time);
  }
}

function fill(text: string, version: string): string {
  const words: Record<string, string> = { ...WORDS, Version: version, ProductCode: braced(uuidOf(`Sallyport agent ${version} x64`)) };
  const inXml = (word: string) => word.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  return text
    .replace(/@([A-Z][A-Za-z]*)@/g, (all, name: string) => (words[name] === undefined ? all : inXml(words[name] ?? "")))
    .replace("<!--documents-->", filesOf("document", documents()))
    .replace("<!--pages-->", filesOf("page", pages()));
}

/** The first is what the component is known to be there by. */
function filesOf(id: string, all: Document[]): string {
  const file = ([name]: Document, i: number) =>
    `<File Id="${id}${i}" Name="${basename(name)}" Source="${name}"${i === 0 ? ' KeyPath="yes"' : ""} />`;
  return all.map(file).join("\n            ");
}

/** What wixl has no words for. The versions, so that a repair knows which file is the newer one. */
function completing(version: string): string[] {
  const parts = ["provider", "host", "agent"];
  return [
    ...parts.map((file) => `UPDATE \`File\` SET \`Version\`='${version}.0', \`Language\`='1033' WHERE \`File\`='${file}'`),
    ...parts.map((file) => `DELETE FROM \`MsiFileHash\` WHERE \`File_\`='${file}'`),
    `UPDATE \`Property\` SET \`Value\`='${[...UPGRADES, ...SECURE].join(";")}' WHERE \`Property\`='SecureCustomProperties'`,
    // With a window the asking process would read what was set, and the one with the rights would not read it again.
    "DELETE FROM `InstallUISequence` WHERE `Action`='AppSearch'",
  ];
}

/** The package's own id must differ where its bytes do; the two times are the release's, not the clock's. */
function summary(stage: string, { version, time }: Msi): string {
  const hash = createHash("sha256");
  for (const entry of readdirSync(stage, { withFileTypes: true, recursive: true })
    .filter((one) => one.isFile() && one.name !== "made.msi")
    .sort((a, b) => (a.name < b.name ? -1 : 1)))
    hash
      .update(`${entry.name} ${statSync(join(entry.parentPath, entry.name)).size} `)
      .update(readFileSync(join(entry.parentPath, entry.name)));
  const code = braced(uuidOf(`package ${version} ${hash.digest("hex")}`));
  const when = new Date(time * 1000).toISOString().replaceAll("-", "/").replace("T", " ").slice(0, 19);
  const rows = [`9\t${code}`, `12\t${when}`, `13\t${when}`];
  return ["PropertyId\tValue", "i2\tl255", "_SummaryInformation\tPropertyId", ...rows, ""].join("\r\n");
}

const braced = (uuid: string) => `{${uuid.toUpperCase()}}`;
