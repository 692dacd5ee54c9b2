/** The second socket: the CLI of the same machine asks a running agent to check itself, or how it stands. */
import { connect } from "node:net";
import * as z from "zod";
import type { Doors } from "./door/doors.ts";

/** One JSON line each way. `check`: run a self-check now; `refresh`: take note of armed or disarmed. */
const request = z.strictObject({ do: z.enum(["check", "refresh", "status"]) });
export type ControlRequest = z.infer<typeof request>;

const ANSWER_MS = 120_000;
const LONGEST = 64 * 1024;

export async function openControl(
  doors: Doors,
  path: string,
  answer: (asked: ControlRequest["do"]) => Promise<unknown>,
): Promise<{ close(): void }> {
  return doors.open("control", { path, connections: 16 }, (socket) => {
    let text = "";
    const timer = setTimeout(() => socket.destroy(), ANSWER_MS);
    socket.once("close", () => clearTimeout(timer));
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > LONGEST) return void socket.destroy();
      if (!text.includes("\n")) return;
      const asked = parse(text);
      if (!asked) return void socket.destroy();
      answer(asked.do).then(
        (value) => socket.end(`${JSON.stringify(value)}\n`),
        () => socket.destroy(),
      );
    });
  });
}

function parse(text: string): ControlRequest | undefined {
  try {
    return request.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** What the service on Windows, which holds the pipe, answers for an agent that is gone. */
const absent = z.strictObject({ absent: z.literal(true) });

/** Asks the running agent; `undefined` if none runs. Throws if one runs but does not answer, or when `signal` ends the waiting. */
export function askControl(path: string, asked: ControlRequest["do"], signal?: AbortSignal): Promise<unknown> {
  return new Promise((done, fail) => {
    const socket = connect({ path, ...(signal ? { signal } : {}) });
    let text = "";
    let connected = false;
    socket.setEncoding("utf8");
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error("the running agent did not answer")));
    socket.once("connect", () => {
      connected = true;
      socket.write(`${JSON.stringify({ do: asked })}\n`);
    });
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (!connected && (error.code === "ENOENT" || error.code === "ECONNREFUSED")) done(undefined);
      else fail(error);
    });
    socket.once("end", () => {
      try {
        const answer: unknown = JSON.parse(text);
        done(absent.safeParse(answer).success ? undefined : answer);
      } catch {
        fail(new Error("the running agent closed the connection without an answer"));
      }
    });
  });
}
