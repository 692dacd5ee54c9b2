/** What lies where in the Debian packages. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { broughtNode } from "../../bin/project-node.js";
import { NATIVE, PAGES } from "../bundles.js";
import { ROOT } from "../prepare.js";
import type { PackageContents, PackageFile } from "./deb.ts";
import { ReleaseRefused } from "./run.ts";

/** Debian's folder of PAM modules (multiarch). */
const TRIPLET: Record<string, string> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };
const SCRIPTS = ["postinst", "prerm", "postrm"];

const packaging = (...parts: string[]) => join(ROOT, "packaging", ...parts);

export function agentPackage(dist: string): PackageContents {
  const lib = "/usr/lib/sallyport-agent";
  const from = (name: string) => packaging("agent", name);
  return {
    name: "sallyport-agent",
    control: readFileSync(from("control"), "utf8"),
    scripts: scriptsOf("agent"),
    files: [
      ...nodeFiles(lib),
      { to: `${lib}/agent.mjs`, from: join(dist, "sallyport-agent.mjs") },
      { to: `${lib}/command.mjs`, from: join(dist, "sallyport-host.mjs") },
      { to: `${lib}/sallyport`, from: from("sallyport"), mode: 0o755 },
      { to: `${lib}/wait-for-door`, from: from("wait-for-door"), mode: 0o755 },
      { to: `/lib/${TRIPLET[process.arch] ?? ""}/security/pam_sallyport.so`, from: join(ROOT, "native/pam/build/pam_sallyport.so") },
      { to: "/lib/systemd/system/sallyport-agent.service", from: from("sallyport-agent.service") },
      { to: "/etc/init.d/sallyport-agent", from: from("sallyport-agent.init"), mode: 0o755 },
      { to: "/etc/logrotate.d/sallyport-agent", from: from("sallyport-agent.logrotate") },
      { to: "/usr/share/pam-configs/sallyport", from: from("pam-configs.sallyport") },
      { to: "/usr/share/pam-configs/sallyport-failed", from: from("pam-configs.sallyport-failed") },
      { to: "/usr/share/sallyport/sshd.conf", from: from("sshd.conf") },
      ...documentation("sallyport-agent"),
    ],
    conffiles: ["/etc/init.d/sallyport-agent", "/etc/logrotate.d/sallyport-agent"],
    folders: ["/etc/sallyport"],
  };
}

export function serverPackage(dist: string): PackageContents {
  const lib = "/usr/lib/sallyport-server";
  const from = (name: string) => packaging("server", name);
  return {
    name: "sallyport-server",
    control: readFileSync(from("control"), "utf8"),
    scripts: scriptsOf("server"),
    files: [
      ...nodeFiles(lib),
      { to: `${lib}/sallyport.mjs`, from: join(dist, "sallyport.mjs") },
      { to: `${lib}/sallyport-sync.mjs`, from: join(dist, "sallyport-sync.mjs") },
      ...NATIVE.flatMap((name) => filesBelow(join(dist, "node_modules", name), `${lib}/node_modules/${name}`)),
      ...filesBelow(join(dist, PAGES), `${lib}/${PAGES}`),
      { to: `${lib}/sallyport`, from: from("sallyport"), mode: 0o755 },
      { to: "/lib/systemd/system/sallyport-server.service", from: from("sallyport-server.service") },
      { to: "/etc/init.d/sallyport-server", from: from("sallyport-server.init"), mode: 0o755 },
      { to: "/etc/default/sallyport-server", from: from("sallyport-server.default") },
      ...documentation("sallyport-server"),
    ],
    conffiles: ["/etc/default/sallyport-server", "/etc/init.d/sallyport-server"],
    folders: [],
  };
}

function scriptsOf(which: string): Record<string, string> {
  return Object.fromEntries(SCRIPTS.map((name) => [name, packaging(which, name)]));
}

/** A fresh Debian has no Node 24: each package carries the one that the lock names, with its licence. */
function nodeFiles(lib: string): PackageFile[] {
  const node = broughtNode();
  if (node === undefined || TRIPLET[process.arch] === undefined || process.platform !== "linux")
    throw new ReleaseRefused(`packages are made on Linux, x64 or arm64; this is ${process.platform} ${process.arch}`);
  return [
    { to: `${lib}/node`, from: node, mode: 0o755 },
    { to: `${lib}/node.LICENSE`, from: join(node, "../../LICENSE") },
  ];
}

function documentation(name: string): PackageFile[] {
  const folder = `/usr/share/doc/${name}`;
  const pages = readdirSync(join(ROOT, "docs")).filter((page) => page.endsWith(".md"));
  return [
    { to: `${folder}/copyright`, from: packaging("copyright") },
    { to: `${folder}/changelog.md`, from: join(ROOT, "CHANGELOG.md") },
    ...["collect.ps1", "checklist.ps1"].map((script) => ({
      to: `${folder}/${script}`,
      from: join(ROOT, "packages/doctor/src/host/windows", script),
    })),
    ...pages.sort().map((page) => ({ to: `${folder}/${page}`, from: join(ROOT, "docs", page) })),
  ];
}

function filesBelow(folder: string, to: string): PackageFile[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const from = join(folder, name);
      return statSync(from).isDirectory() ? filesBelow(from, `${to}/${name}`) : [{ to: `${to}/${name}`, from }];
    });
}
