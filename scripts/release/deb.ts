/** Builds a Debian package with dpkg-deb: root's files, fixed modes, order and times, so that the same commit gives the same bytes. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "./run.ts";

/** One file of a package: copied `from` there, with `mode` (0644 if left out). Folders are 0755. */
export interface PackageFile {
  to: string;
  from: string;
  mode?: number;
}

export interface PackageContents {
  /** Debian's name of the package. */
  name: string;
  /** `control` with @VERSION@, @ARCH@ and @SIZE@ in it. */
  control: string;
  /** postinst, prerm, postrm: paths. */
  scripts: Record<string, string>;
  files: PackageFile[];
  /** Absolute paths that dpkg keeps as the administrator changed them. */
  conffiles: string[];
  /** Folders that are empty at first. */
  folders: string[];
}

export const DEBIAN_ARCH: Record<string, string> = { x64: "amd64", arm64: "arm64" };

export function debName(name: string, version: string): string {
  return `${name}_${version}_${DEBIAN_ARCH[process.arch] ?? process.arch}.deb`;
}

/** Writes `dist/NAME_VERSION_ARCH.deb`. `time`: seconds since 1970, of every file. */
export function buildDeb(contents: PackageContents, { version, time, dist }: { version: string; time: number; dist: string }): void {
  const tree = mkdtempSync(join(tmpdir(), "sallyport-deb-"));
  const mask = process.umask(0o022);
  try {
    chmodSync(tree, 0o755);
    for (const file of contents.files) place(tree, file);
    for (const folder of contents.folders) mkdirSync(join(tree, folder), { recursive: true });
    writeControl(tree, contents, version);
    setTimes(tree, time);
    const out = join(dist, debName(contents.name, version));
    // One thread: with several, the compressed bytes may depend on their number. zstd: read by dpkg of Debian 12 and newer.
    const how = ["--root-owner-group", "-Zzstd", "-z10", "--threads-max=1", "--build", tree, out];
    run("dpkg-deb", how, { SOURCE_DATE_EPOCH: String(time) });
  } finally {
    process.umask(mask);
    rmSync(tree, { recursive: true, force: true });
  }
}

function place(tree: string, { to, from, mode }: PackageFile): void {
  const target = join(tree, to);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(from, target);
  chmodSync(target, mode ?? 0o644);
}

function writeControl(tree: string, { control, scripts, conffiles, files }: PackageContents, version: string): void {
  const folder = join(tree, "DEBIAN");
  mkdirSync(folder);
  const bytes = files.reduce((sum, { to }) => sum + statSync(join(tree, to)).size, 0);
  const filled = control
    .replace("@VERSION@", version)
    .replace("@ARCH@", DEBIAN_ARCH[process.arch] ?? process.arch)
    .replace("@SIZE@", String(Math.ceil(bytes / 1024)));
  writeFileSync(join(folder, "control"), filled);
  if (conffiles.length > 0) writeFileSync(join(folder, "conffiles"), `${conffiles.join("\n")}\n`);
  const sums = files
    .filter(({ to }) => !conffiles.includes(to))
    .map(
      ({ to }) =>
        `${createHash("md5")
          .update(readFileSync(join(tree, to)))
          .digest("hex")}  ${to.slice(1)}`,
    );
  writeFileSync(join(folder, "md5sums"), `${sums.sort().join("\n")}\n`);
  for (const [name, from] of Object.entries(scripts)) place(tree, { to: `/DEBIAN/${name}`, from, mode: 0o755 });
}

function setTimes(folder: string, time: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) setTimes(path, time);
    else utimesSync(path, time, time);
  }
  utimesSync(folder, time, time);
}
