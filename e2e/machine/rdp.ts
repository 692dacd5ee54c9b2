/** The real xrdp with sesman, and FreeRDP on a virtual screen that is looked at. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Daemon, must, ROOT, run, until } from "./processes.ts";

const FOLDER = "/run/xrdp-story";
export const XRDP_SETTINGS = `${FOLDER}/xrdp.ini`;
export const RDP_PORT = 33890;
export const SHOTS = join(ROOT, "e2e/shots");

export interface RdpServer {
  stop(): Promise<void>;
  /** Ends what listens for people, and leaves the session manager. Answers how to bring it back. */
  stopListening(): Promise<() => Promise<void>>;
  /** Everything that sesman has said so far. */
  log(): string;
}

/** As rdp on a server: xrdp listens on loopback; a session shows who it belongs to. */
export async function startXrdp(): Promise<RdpServer> {
  mkdirSync(FOLDER, { recursive: true, mode: 0o755 });
  mkdirSync("/run/xrdp/sockdir", { recursive: true });
  chmodSync("/run/xrdp/sockdir", 0o3777);
  const pem = (name: string) => join(FOLDER, name);
  must("openssl", [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    pem("key.pem"),
    "-out",
    pem("cert.pem"),
    "-days",
    "30",
    "-subj",
    "/CN=rdp.story.test",
  ]);
  const xrdp = readFileSync("/etc/xrdp/xrdp.ini", "utf8")
    .replace(/^port=3389$/m, `port=tcp://127.0.0.1:${RDP_PORT}`)
    .replace(/^certificate=.*$/m, `certificate=${pem("cert.pem")}`)
    .replace(/^key_file=.*$/m, `key_file=${pem("key.pem")}`)
    .replace(/^LogFile=xrdp\.log$/m, `LogFile=${pem("xrdp.log")}`)
    .replace(/^EnableSyslog=true$/m, "EnableSyslog=false");
  const sesman = readFileSync("/etc/xrdp/sesman.ini", "utf8")
    .replace(/^LogFile=.*$/m, `LogFile=${pem("sesman.log")}`)
    .replace(/^EnableSyslog=true$/m, "EnableSyslog=false")
    .replace(/^EnableUserWindowManager=true$/m, "EnableUserWindowManager=false")
    .replace(/^DefaultWindowManager=.*$/m, `DefaultWindowManager=${pem("startwm.sh")}`);
  writeFileSync(pem("xrdp.ini"), xrdp);
  writeFileSync(pem("sesman.ini"), sesman);
  writeFileSync(
    pem("startwm.sh"),
    `#!/bin/sh\nopenbox &\nexec xterm -fa Monospace -fs 24 -e sh -c 'id -un > /run/homes/"$(id -un)"/session; echo "SESSION OF $(id -un)"; exec sh'\n`,
    { mode: 0o755 },
  );
  const manager = new Daemon("/usr/sbin/xrdp-sesman", ["--nodaemon", "--config", pem("sesman.ini")], pem("sesman.out"));
  const listen = () => new Daemon("/usr/sbin/xrdp", ["--nodaemon", "--config", pem("xrdp.ini")], pem("xrdp.out"));
  const heard = (port: number) => until("xrdp listens", () => (must("ss", ["-Htln"]).includes(`:${port} `) ? true : undefined));
  let listener = listen();
  await heard(RDP_PORT);
  await heard(3350);
  return {
    log: () => readFileSync(pem("sesman.log"), "utf8"),
    async stopListening() {
      await listener.stop();
      return async () => {
        listener = listen();
        await heard(RDP_PORT);
      };
    },
    async stop() {
      await manager.stop();
      await listener.stop();
    },
  };
}

/** A screen for FreeRDP. Without a window manager its window stays black. */
export async function startScreen(): Promise<{ stop(): Promise<void> }> {
  const screen = new Daemon("/usr/bin/Xvfb", [":77", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], `${FOLDER}/xvfb.out`);
  await until("the screen", async () =>
    (await run("xdotool", ["getdisplaygeometry"], { env: { DISPLAY: ":77" } })).code === 0 ? true : undefined,
  );
  const manager = new Daemon("/usr/bin/openbox", [], `${FOLDER}/openbox.out`, { DISPLAY: ":77" });
  return {
    async stop() {
      await manager.stop();
      await screen.stop();
    },
  };
}

/** Connects as a person would with the code behind the password; `seen` decides when the story has seen enough, then the client ends. */
export async function rdp<T>(user: string, password: string, seen: () => T | undefined, shot?: string): Promise<T> {
  const args = [`/v:127.0.0.1:${RDP_PORT}`, `/u:${user}`, `/p:${password}`, "/cert:ignore", "/sec:tls", "/size:1024x700"];
  const client = new Daemon("/usr/bin/xfreerdp", args, `${FOLDER}/freerdp.out`, { DISPLAY: ":77", HOME: FOLDER });
  try {
    const found = await until(`the end of the logon of ${user}`, seen, 90);
    if (shot) await photograph(shot);
    return found;
  } finally {
    await client.stop();
  }
}

/** Taken again until the inside of FreeRDP's window shows something: a session that has drawn its terminal has more than a few colours. */
async function photograph(name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  const file = join(SHOTS, `${name}.png`);
  await until(
    "a picture of the session",
    async () => {
      await run("import", ["-window", "root", file], { env: { DISPLAY: ":77" } });
      const inside = await run("convert", [file, "-crop", "980x640+150+140", "+repage", "-format", "%k", "info:"]);
      return Number(inside.out) > 20 ? true : undefined;
    },
    20,
  );
}
