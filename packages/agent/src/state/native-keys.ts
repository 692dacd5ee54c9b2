/** Asks the service's program, which is native, for what Node cannot do on Windows: the host's key, a folder's access list, the event log. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import * as z from "zod";
import { describeError } from "../finding.ts";

export const hex = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^(?:[0-9a-f]{2})+$/, "hexadecimal digits");

/** As native/windows/relay/keys.h describes it: one line each way. */
export type Question =
  | { make: Record<string, never> }
  | { sign: { kept: string; handle: string; hash: string } }
  | { folder: { path: string } }
  /** Into the event log, how a setup ended: `text` without any secret. */
  | { note: { setUp: "yes" | "no"; text: string } };

const answer = z.strictObject({
  made: z.strictObject({ kept: z.enum(["tpm", "dpapi"]), handle: hex(8192), x: hex(64), y: hex(64) }).optional(),
  /** r and s. */
  signed: hex(128).length(128).optional(),
  /** Why others could look into the folder; empty if they cannot. */
  folder: z.string().optional(),
  noted: z.literal(true).optional(),
  fault: z.string().optional(),
});
export type NativeAnswer = z.infer<typeof answer>;

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** One process for all questions, started with the first; it ends with this one, whose pipes are its input and output. */
export class NativeKeys {
  #command: [string, string[]];
  #child: Child | undefined;
  #waiting: ((answer: NativeAnswer) => void)[] = [];

  constructor(command: [string, string[]]) {
    this.#command = command;
  }

  /** Never rejects: a program that is missing, ends or says something else is a `fault`. */
  ask(question: Question): Promise<NativeAnswer> {
    this.#child ??= this.#start();
    const child = this.#child;
    hold(child, true);
    return new Promise((done) => {
      this.#waiting.push(done);
      child.stdin.write(`${JSON.stringify(question)}\n`);
    });
  }

  #start(): Child {
    const [file, args] = this.#command;
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "ignore"], windowsHide: true });
    const over = (reason: string) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      for (const done of this.#waiting.splice(0)) done({ fault: `${file}: ${reason}` });
      child.kill();
    };
    child.once("error", (error) => over(describeError(error)));
    child.once("close", (code) => over(`it ended (${code})`));
    child.stdin.on("error", () => undefined);
    createInterface({ input: child.stdout }).on("line", (line) => {
      const read = readAnswer(line);
      if (!read) return over("it answered what is not known");
      this.#waiting.shift()?.(read);
      hold(child, this.#waiting.length > 0);
    });
    return child;
  }
}

/** Nobody who has an answer is kept from ending by a program that waits for the next question. */
function hold(child: Child, wanted: boolean): void {
  // Node's own pipes are sockets.
  for (const one of [child, child.stdin as Socket, child.stdout as Socket]) {
    if (wanted) one.ref();
    else one.unref();
  }
}

function readAnswer(line: string): NativeAnswer | undefined {
  try {
    return answer.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Beside this very program, where the installer puts both: no other of that name is ever started. */
const keys = new NativeKeys([join(dirname(process.execPath), "sallyport-relay.exe"), ["keys"]]);

export const askNative = (question: Question) => keys.ask(question);
