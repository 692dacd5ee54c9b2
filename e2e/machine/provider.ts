/** A provider of the story's own at the agent's door: begins a logon, answers the code, and says how it ended. */
import { connect } from "node:net";
import { createInterface } from "node:readline";

export const DOOR = "/run/sallyport/agent.sock";

export interface DoorEnd {
  result: "allow" | "deny" | "broken";
  reference?: string;
  cause?: string;
}

/** One logon with one code; a second question is answered by leaving. Never throws: a door that breaks is an answer too. */
export async function logonAtDoor(username: string, code: string, service = "sshd"): Promise<DoorEnd> {
  const socket = connect(DOOR);
  const broken = new Promise<DoorEnd>((resolve) => socket.once("error", () => resolve({ result: "broken" })));
  const talked = talk(socket, username, code, service);
  try {
    return await Promise.race([talked, broken]);
  } finally {
    socket.destroy();
  }
}

async function talk(socket: ReturnType<typeof connect>, username: string, code: string, service: string): Promise<DoorEnd> {
  const send = (frame: object) => socket.write(`${JSON.stringify(frame)}\n`);
  send({ v: 1, hello: { provider: "pam", conversation: true, serial: false } });
  send({ begin: { username, password: "verified", scenario: "logon", service } });
  let asked = 0;
  for await (const line of createInterface({ input: socket })) {
    const frame = JSON.parse(line);
    if (frame.end) return frame.end;
    if (frame.error) return { result: "broken", cause: frame.error.cause };
    if (!frame.show?.fields) continue;
    asked += 1;
    send(asked === 1 ? { input: { id: 1, values: { code } } } : { cancel: { cause: "logon.cancelled" } });
  }
  return { result: "broken" };
}
