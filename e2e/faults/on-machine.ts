/** Faults of the machine itself: the agent's files, its rights, its process, its identity, its disk. */
import { chmodSync, chownSync, cpSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { COMMAND, Daemon, must, run } from "../machine/processes.ts";
import type { Brought, Fault } from "./fault.ts";
import { SETTINGS, STATE, type World } from "./world.ts";

type Bring = (world: World) => Promise<Brought>;
type Row = [name: string, root: Fault["root"], fix: Fault["fix"], bring: Bring, more?: Partial<Fault>];

const DOOR = "/run/sallyport";
const LOGS = "/var/log/sallyport";

/** Put right at once, without a word to the agent. */
const put = (undo: () => unknown): Promise<Brought> => Promise.resolve({ repair: undo });

/** The settings as somebody edits them; the agent does not start again with them. */
const settings =
  (change: (text: string) => string): Bring =>
  async (world) => {
    const undo = world.edit(SETTINGS, change);
    await world.restart({ mayFail: true });
    return {
      repair: async () => {
        undo();
        await world.restart();
      },
    };
  };

const typed = (from: RegExp, to: string) => settings((text) => text.replace(from, to));

async function settingsGone(world: World): Promise<Brought> {
  renameSync(SETTINGS, `${SETTINGS}.away`);
  await world.restart({ mayFail: true });
  return {
    repair: async () => {
      renameSync(`${SETTINGS}.away`, SETTINGS);
      await world.restart();
    },
  };
}

/** The file is kept in a repository of settings, and linked to from where it should be. */
async function settingsLinked(world: World): Promise<Brought> {
  mkdirSync("/srv/settings", { recursive: true });
  cpSync(SETTINGS, "/srv/settings/agent.json");
  renameSync(SETTINGS, `${SETTINGS}.away`);
  symlinkSync("/srv/settings/agent.json", SETTINGS);
  await world.restart({ mayFail: true });
  return {
    repair: async () => {
      rmSync(SETTINGS);
      rmSync("/srv/settings", { recursive: true });
      renameSync(`${SETTINGS}.away`, SETTINGS);
      await world.restart();
    },
  };
}

const mode =
  (path: string, bits: number): Bring =>
  () => {
    const before = lstatSync(path).mode & 0o7777;
    chmodSync(path, bits);
    return put(() => chmodSync(path, before));
  };

const owner =
  (path: string, uid: number): Bring =>
  () => {
    chownSync(path, uid, uid);
    return put(() => chownSync(path, 0, 0));
  };

/** Somebody else's program listens where the agent's door should be. */
async function squatted(world: World): Promise<Brought> {
  await world.machine.stopAgent();
  rmSync(`${DOOR}/agent.sock`, { force: true });
  chmodSync(DOOR, 0o777);
  const listen = `require("net").createServer().listen("${DOOR}/agent.sock", () => console.log("listens"))`;
  const squatter = new Daemon(
    "setpriv",
    ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, "-e", listen],
    "/run/story/squatter.out",
  );
  await squatter.said(/listens/);
  return {
    repair: async () => {
      await squatter.stop();
      rmSync(DOOR, { recursive: true });
      await world.startAgent();
    },
  };
}

const stopped =
  (signal: NodeJS.Signals): Bring =>
  async (world) => {
    await world.machine.stopAgent(signal);
    return { repair: () => world.startAgent() };
  };

async function disarmed(): Promise<Brought> {
  must(process.execPath, [COMMAND, "agent", "disarm"]);
  return put(() => must(process.execPath, [COMMAND, "agent", "arm"]));
}

/** The file by which the PAM module knows what to do while the agent is gone, cut off in the middle. */
async function failModeBroken(world: World): Promise<Brought> {
  return put(world.edit(`${STATE}/fail-mode`, (text) => text.slice(0, text.length / 2)));
}

/** A file system of its own for a folder, as on a machine with a small partition for logs. */
async function onOwnDisk(world: World, folder: string, size: string, then: () => void, undo: () => void): Promise<Brought> {
  await world.machine.stopAgent();
  const kept = `${folder}.kept`;
  cpSync(folder, kept, { recursive: true, preserveTimestamps: true });
  must("mount", ["-t", "tmpfs", "-o", `size=${size},mode=700`, "tmpfs", folder]);
  cpSync(kept, folder, { recursive: true, preserveTimestamps: true });
  then();
  await world.startAgent({ mayFail: true });
  return {
    repair: async () => {
      await world.machine.stopAgent();
      undo();
      rmSync(kept, { recursive: true });
      must("umount", [folder]);
      await world.startAgent();
    },
  };
}

const logDiskFull: Bring = (world) =>
  onOwnDisk(
    world,
    LOGS,
    "1m",
    () => must("sh", ["-c", `cat /dev/zero > ${LOGS}/old.log 2>/dev/null || true`]),
    () => rmSync(`${LOGS}/old.log`),
  );

const readOnly: Bring = (world) =>
  onOwnDisk(
    world,
    STATE,
    "8m",
    () => must("mount", ["-o", "remount,ro", STATE]),
    () => must("mount", ["-o", "remount,rw", STATE]),
  );

/** The machine's own state, brought back on a second machine, which then speaks to the org. Both are enrolled anew afterwards. */
async function cloned(world: World): Promise<Brought> {
  const copy = "/srv/copy";
  cpSync(STATE, copy, { recursive: true });
  writeFileSync(`${copy}/agent.json`, readFileSync(SETTINGS), { mode: 0o600 });
  chmodSync(copy, 0o700);
  // The first machine has moved on by then.
  must(process.execPath, [COMMAND, "agent", "arm"]);
  const second = new Daemon(process.execPath, [COMMAND, "agent", "run", "--state", copy], "/run/story/copy.out");
  await second.said(/The agent listens/);
  await run(process.execPath, [COMMAND, "agent", "arm", "--state", copy]);
  await second.stop();
  rmSync(copy, { recursive: true });
  return { repair: () => world.enrolAnew() };
}

const lifecycle =
  (step: string): Bring =>
  async (world) => {
    await world.org.call("POST", `/api/v1/hosts/${world.hostId()}/lifecycle/${step}`);
    return { repair: () => world.enrolAnew() };
  };

async function appOff({ org, machine }: World): Promise<Brought> {
  await org.call("POST", `/api/v1/apps/${machine.app}/lifecycle/deactivate`);
  return { repair: () => org.call("POST", `/api/v1/apps/${machine.app}/lifecycle/activate`) };
}

const ROWS: Row[] = [
  ["the agent's settings are gone", "config.missing", SETTINGS, settingsGone, { seen: SETTINGS }],
  ["the agent's settings are a link to elsewhere", "config.unreadable", SETTINGS, settingsLinked, { seen: SETTINGS }],
  [
    "a comma too many in the settings",
    "config.invalid",
    "line in the evidence",
    settings((text) => text.replace(/\}\s*$/, ",}")),
    { seen: `${SETTINGS}:` },
  ],
  [
    "a setting that does not exist",
    "config.invalid",
    "line in the evidence",
    typed(/\{/, '{ "proxi": "http://127.0.0.1:1",'),
    { seen: "proxi" },
  ],
  [
    "a setting out of range",
    "config.invalid",
    "line in the evidence",
    typed(/\{/, '{ "selfCheckSeconds": 1,'),
    { seen: "selfCheckSeconds" },
  ],
  [
    "the settings can be written by others",
    "config.exposed",
    "chmod 600 /etc/sallyport/agent.json",
    mode(SETTINGS, 0o666),
    { seen: SETTINGS },
  ],
  [
    "the settings belong to somebody else",
    "config.exposed",
    "chown -R root:root /etc/sallyport",
    owner(SETTINGS, 65534),
    { seen: SETTINGS },
  ],
  [
    "the host's key can be read by others",
    "config.exposed",
    "/var/lib/sallyport",
    mode(`${STATE}/host.json`, 0o644),
    { seen: `${STATE}/host.json` },
  ],
  [
    "the folder of the agent's state can be written by others",
    "config.exposed",
    "chmod 700 /var/lib/sallyport",
    mode(STATE, 0o777),
    { seen: STATE },
  ],
  [
    "the sign-in path stands behind the org's URL",
    "url.malformed",
    "scheme, name and port only",
    typed(/("org": *"[^"]*)"/, '$1/login"'),
    { seen: SETTINGS },
  ],
  ["the org's URL is http", "url.malformed", "scheme, name and port only", typed(/"https:/, '"http:'), { seen: SETTINGS }],
  ["the org's URL ends in a slash", "url.trailing-slash", "Remove the slash", typed(/("org": *"[^"]*)"/, '$1/"'), { seen: SETTINGS }],
  ["the folder of the door can be written by others", "door.untrusted", DOOR, mode(DOOR, 0o777), { seen: DOOR }],
  ["somebody else's program listens at the door", "door.untrusted", DOOR, squatted, { seen: DOOR }],
  ["the agent is stopped", "agent.unreachable", "sallyport agent run", stopped("SIGTERM"), { seen: DOOR }],
  ["the agent was killed and left its socket behind", "agent.unreachable", "sallyport agent run", stopped("SIGKILL"), { seen: DOOR }],
  ["the agent is disarmed", "agent.not-armed", "sallyport agent arm", disarmed, { seen: "armed.json" }],
  ["the fail-mode file is cut off", "config.invalid", "", failModeBroken, { seen: `${STATE}/fail-mode` }],
  ["the disk of the log is full", "host.disk", "df -h", logDiskFull, { seen: LOGS }],
  ["the state's file system is read-only", "host.disk", "findmnt", readOnly, { seen: STATE }],
  ["the app is deactivated", "client.revoked", "sallyport app show", appOff, { forms: ["logon"] }],
  ["an administrator revokes the host", "client.revoked", "sallyport host show", lifecycle("revoke")],
  ["the state was copied to a second machine", "client.cloned", "/var/lib/sallyport", cloned],
];

export const ON_MACHINE: Fault[] = ROWS.map(([name, root, fix, bring, more]) => ({ name, forms: ["host"], root, fix, bring, ...more }));
