/** Reads from the person at the terminal: hidden passwords, plain answers, whole standard input. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { Complaint } from "./complaint.ts";

/** All of standard input, without its last line break: for secrets that must not stand on a command line. */
export async function readStdin(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part));
  return Buffer.concat(parts)
    .toString()
    .replace(/\r?\n$/, "");
}

let piped: AsyncIterator<string> | undefined;

/** Asks one question. `hidden`: what is typed does not show, as a password. Without a terminal one line of standard input is taken. */
export async function ask(question: string, hidden = false): Promise<string> {
  const answer = process.stdin.isTTY === true ? await askTerminal(question, hidden) : await askPipe(question);
  if (answer === undefined) throw new Complaint("nothing was entered");
  return answer;
}

async function askPipe(question: string): Promise<string | undefined> {
  process.stderr.write(question);
  // One reader for the whole process: a second one would miss what the first has read ahead.
  piped ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const next = await piped.next();
  return next.done ? undefined : next.value;
}

async function askTerminal(question: string, hidden: boolean): Promise<string | undefined> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: hidden ? silent : process.stderr, terminal: true });
  // Only now: what somebody types at once after the question must not show either.
  process.stderr.write(question);
  try {
    return await new Promise<string | undefined>((resolve) => {
      lines.once("line", resolve);
      lines.once("close", () => resolve(undefined));
      lines.once("SIGINT", () => resolve(undefined));
    });
  } finally {
    lines.close();
    if (hidden) process.stderr.write("\n");
  }
}
