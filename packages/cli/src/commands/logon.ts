/** `sallyport logon`: a provider in the terminal, for a first logon and for trying an agent; the org checks the password. */
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { agentFiles } from "@sallyport/agent";
import { type AgentFrame, agentFrame, DOOR_VERSION, type Field } from "@sallyport/contracts";
import type { Command } from "commander";
import { plainCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { clean, print } from "../output.ts";
import { ask } from "../terminal.ts";
import { DOORS } from "../this-machine.ts";

interface LogonOptions {
  socket: string;
  code?: string;
  service?: string;
  passwordChecked?: boolean;
  json?: boolean;
}

export function logonCommand(program: Command): void {
  plainCommand(
    program,
    {
      name: "logon <user>",
      does: "try a logon through this machine's agent; asks the password, which the org checks",
      example: "sallyport logon alice",
      options: [
        ["--socket <path>", `the agent's socket (default: ${DOORS.join(", else ")})`],
        ["--code <code>", "the code, instead of being asked for it"],
        ["--service <name>", "the service to appear as (default: console)"],
        [
          "--password-checked",
          "ask what a door asks after the machine found the password right, also while the org is away: offline codes, break-glass",
        ],
      ],
    },
    async (options, user = "") => {
      const given = options as unknown as Partial<LogonOptions>;
      await logon(user, { ...given, socket: given.socket ?? DOORS.find((path) => existsSync(path)) ?? agentFiles().socket });
    },
  );
}

async function logon(user: string, options: LogonOptions): Promise<void> {
  const socket = connect(options.socket);
  const lines = createInterface({ input: socket });
  const failed = new Promise<never>((_, reject) =>
    socket.once("error", (error: NodeJS.ErrnoException) => reject(new Complaint(doorShut(options.socket, error)))),
  );
  failed.catch(() => {});
  const send = (frame: object) => socket.write(`${JSON.stringify(frame)}\n`);
  send({ v: DOOR_VERSION, hello: { provider: "terminal", conversation: true, serial: false } });
  // The door opens to root alone, who stands here in the place of the machine's own check.
  const password = options.passwordChecked ? "verified" : "none";
  send({ begin: { username: user, password, scenario: "logon", service: options.service ?? "console" } });
  let id = 0;
  const frames = lines[Symbol.asyncIterator]();
  try {
    for (;;) {
      // The lines end with the socket's own error as well, and it is not told which comes first.
      const next = await Promise.race([frames.next().catch(() => failed), failed]);
      if (next.done) throw new Complaint("the agent closed the door without an answer");
      const frame = readFrame(next.value);
      if ("show" in frame) {
        const values = await fill(frame.show, options);
        if (values) send({ input: { id: ++id, values } });
      } else {
        return end(frame, options);
      }
    }
  } finally {
    socket.destroy();
  }
}

function doorShut(socket: string, error: NodeJS.ErrnoException): string {
  const shut = `the agent's door ${socket} does not open: ${error.message}`;
  if (error.code === "EACCES") return `${shut}; it is for root, or for who runs the agent`;
  return error.code === "ENOENT" || error.code === "ECONNREFUSED" ? `${shut}; is the agent running? npm start runs one` : shut;
}

function readFrame(line: string): AgentFrame {
  const read = agentFrame.safeParse(JSON.parse(line));
  if (!read.success) throw new Complaint("the agent sent a frame that is not in the door's protocol");
  return read.data;
}

async function fill(
  show: { title?: string | undefined; text?: string | undefined; fields?: Field[] | undefined },
  options: LogonOptions,
): Promise<Record<string, string> | undefined> {
  for (const text of [show.title, show.text]) if (text !== undefined) process.stderr.write(`${clean(text)}\n`);
  if (!show.fields || show.fields.length === 0) return undefined;
  const values: Record<string, string> = {};
  for (const field of show.fields) {
    if (field.kind === "button") continue;
    if (field.kind === "link" || field.kind === "qr") {
      process.stderr.write(`${clean(`${field.label}: ${field.drawn === undefined ? (field.value ?? "") : `\n${field.drawn}`}`)}\n`);
      continue;
    }
    values[field.id] = await answer(field, options);
  }
  return values;
}

async function answer(field: Field, options: LogonOptions): Promise<string> {
  if (field.kind === "code" && options.code !== undefined) {
    const { code } = options;
    delete options.code;
    return code;
  }
  const choices = field.choices ?? [];
  for (const [i, { label }] of choices.entries()) process.stderr.write(`${clean(`${i + 1}. ${label}`)}\n`);
  const typed = await ask(`${clean(field.label)}: `, field.kind === "secret");
  return choices[Number(typed.trim()) - 1]?.value ?? typed;
}

function end(frame: Exclude<AgentFrame, { show: unknown }>, options: LogonOptions): void {
  if ("error" in frame) throw new Complaint(frame.error.text, { cause: frame.error.cause });
  const { end: done } = frame;
  const reference = done.reference === undefined ? "" : ` Reference: ${done.reference}`;
  print(options.json, done, () => (done.result === "allow" ? `Let in as ${done.username}.` : `${done.text}${reference}`));
  if (done.result === "allow") return;
  process.exitCode = 1;
  if (!options.json && done.reference !== undefined)
    process.stderr.write(`Why? An administrator reads it with: sallyport why ${done.reference}\n`);
}
