/** Faults of the ways in: PAM's stacks, sshd, sudo, the remote desktop. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { MODULE, STACKS } from "../machine/machine.ts";
import { must } from "../machine/processes.ts";
import { RDP_PORT } from "../machine/rdp.ts";
import type { Brought, Fault } from "./fault.ts";
import { SSHD_SETTINGS, type World } from "./world.ts";

type Bring = (world: World) => Promise<Brought>;
type Row = [name: string, root: Fault["root"], fix: Fault["fix"], bring: Bring, more?: Partial<Fault>];

const file = (service: string) => `/etc/pam.d/${service}`;

const stack =
  (service: string, change: (text: string) => string): Bring =>
  async (world) => ({ repair: world.edit(file(service), change) });

const without = (service: string, kind: "account" | "auth") =>
  stack(service, (text) => lines(text, (line) => !line.startsWith(`${kind} required ${MODULE}`)));

const lines = (text: string, keep: (line: string) => boolean) => text.split("\n").filter(keep).join("\n");

/** As common-auth of many a system has it, taken in by the service's file. */
async function included(world: World): Promise<Brought> {
  writeFileSync(file("story-common"), "auth sufficient pam_unix.so nullok\n");
  const undo = world.edit(file("sshd"), (text) => `@include story-common\n${text}`);
  return {
    repair: () => {
      undo();
      rmSync(file("story-common"));
    },
  };
}

/** The code is asked first, and then the password. */
const codeFirst = stack("sshd", (text) => `auth required ${MODULE}\n${lines(text, (line) => line !== `auth required ${MODULE}`)}`);

async function nobodyAsks(): Promise<Brought> {
  const before = new Map(Object.keys(STACKS).map((service) => [file(service), readFileSync(file(service), "utf8")]));
  for (const path of before.keys())
    writeFileSync(path, "auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_unix.so\n");
  return {
    repair: () => {
      for (const [path, text] of before) writeFileSync(path, text);
    },
  };
}

async function moduleGone(): Promise<Brought> {
  renameSync(MODULE, `${MODULE}.away`);
  return { repair: () => renameSync(`${MODULE}.away`, MODULE) };
}

/** sudo without a password, where the account line that would refuse it is gone. */
async function noPassword(world: World): Promise<Brought> {
  const rule = "/etc/sudoers.d/operators";
  writeFileSync(rule, "%operators ALL=(ALL) NOPASSWD: ALL\n", { mode: 0o440 });
  const { repair } = await without("sudo", "account")(world);
  return {
    repair: async () => {
      await repair();
      rmSync(rule);
    },
  };
}

const sshd =
  (change: (text: string) => string): Bring =>
  async (world) => {
    const undo = world.edit(SSHD_SETTINGS, change);
    await world.restartSshd();
    return {
      repair: async () => {
        undo();
        await world.restartSshd();
      },
    };
  };

async function xrdpDown(world: World): Promise<Brought> {
  return { repair: await world.xrdp.stopListening() };
}

async function rdpDropped(): Promise<Brought> {
  must("nft", [
    `add table inet rdp; add chain inet rdp in { type filter hook input priority 0; }; add rule inet rdp in tcp dport ${RDP_PORT} drop`,
  ]);
  return { repair: () => must("nft", ["delete table inet rdp"]) };
}

const ROWS: Row[] = [
  [
    "a `sufficient` above the lines of sshd",
    "pam.order",
    "/etc/pam.d",
    stack("sshd", (text) => `auth sufficient pam_unix.so nullok\n${text}`),
    { seen: "/etc/pam.d/sshd:1" },
  ],
  ["a `sufficient` in a file that sshd's includes", "pam.order", "/etc/pam.d", included, { seen: "/etc/pam.d/story-common:1" }],
  ["sshd asks for the code before the password", "pam.order", "/etc/pam.d", codeFirst, { seen: "/etc/pam.d/sshd:" }],
  [
    "a wrong password counts no more",
    "pam.order",
    "/etc/pam.d",
    stack("sshd", (text) => lines(text, (line) => !line.includes("pam_deny") && !line.includes(" failed"))),
    { seen: "/etc/pam.d/sshd:" },
  ],
  [
    "no account line, and sshd lets in by public key",
    "pam.open-path",
    "AuthenticationMethods publickey,keyboard-interactive",
    without("sshd", "account"),
    { seen: "publickey" },
  ],
  [
    "no account line, and sudo asks some for no password",
    "pam.open-path",
    "remove NOPASSWD",
    noPassword,
    { seen: "/etc/sudoers.d/operators:1" },
  ],
  [
    "sshd does not ask PAM",
    "pam.open-path",
    "/etc/ssh/sshd_config",
    sshd((text) => text.replace("UsePAM yes", "UsePAM no")),
    { seen: "UsePAM" },
  ],
  ["the file of the PAM module is gone", "provider.missing", "pam_sallyport.so", moduleGone, { seen: MODULE }],
  ["no PAM file names the module", "provider.missing", "/etc/pam.d", nobodyAsks, { seen: "/etc/pam.d" }],
  [
    "an argument of the module is mistyped",
    "config.invalid",
    "line in the evidence",
    stack("sshd", (text) => text.replace(`auth required ${MODULE}\n`, `auth required ${MODULE} sockt=/x\n`)),
    { seen: "/etc/pam.d/sshd:" },
  ],
  ["xrdp has ended, its session manager goes on", "host.rdp-closed", "xrdp", xrdpDown, { seen: String(RDP_PORT) }],
  ["a firewall drops what comes to the remote desktop", "host.rdp-closed", "xrdp", rdpDropped, { seen: String(RDP_PORT) }],
];

export const WAYS_IN: Fault[] = ROWS.map(([name, root, fix, bring, more]) => ({ name, forms: ["host"], root, fix, bring, ...more }));
