/** Reads from the person at the terminal: hidden passwords, plain answers, whole standard input. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { Complaint } from "./complaint.ts";

/** All of standard input, without its last line break: for secrets that must not stand on a command line. */
export async function readStdin(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString().replace(/\r?\n$/, "");
}

/** Asks one question. `hidden`: what is typed does not show, as a password. Without a terminal one line of standard input is taken. */
export async function ask(question: string, hidden = false): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  process.stderr.write(question);
  const terminal = process.stdin.isTTY === true;
  const lines = createInterface({ input: process.stdin, output: hidden && terminal ? silent : process.stderr, terminal });
  try {
    const answer = await new Promise<string | undefined>((resolve) => {
      lines.once("line", resolve);
      lines.once("close", () => resolve(undefined));
      lines.once("SIGINT", () => resolve(undefined));
    });
    if (hidden && terminal) process.stderr.write("\n");
    if (answer === undefined) throw new Complaint("nothing was entered");
    return answer;
  } finally {
    lines.close();
  }
}
