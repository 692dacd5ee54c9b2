/** Asks a time server for the time (SNTP, RFC 4330): one packet there, one back, and nothing of this machine in it. */
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { resolveHost } from "./connect.ts";

export interface TimeServer {
  host: string;
  /** 123 if left out. */
  port?: number;
}

export interface ServerTime {
  /** This machine's clock minus the server's, in milliseconds. */
  offsetMs: number;
  /** The offset may be wrong by as much: half of the way there and back, and what the server says of itself. */
  doubtMs: number;
  stratum: number;
}

const PACKET = 48;
/** No leap warning, version 4, client. */
const HELLO = 0x23;
const SERVER = 4;
/** From 1900 to 1970 (RFC 4330 §3). */
const EPOCH_SECONDS = 2_208_988_800;
/** A first bit of 0 counts from 2036 (RFC 4330 §3). */
const ERA_SECONDS = 2 ** 32;

/** `clock` in milliseconds since 1970. Rejects with the reason: no such name, no answer, nobody listens, or a server that does not know the time itself. */
export async function askTimeServer({ host, port = 123 }: TimeServer, signal: AbortSignal, clock: () => number): Promise<ServerTime> {
  const [address] = await resolveHost(host, signal);
  if (address === undefined) throw new Error("it has no address");
  signal.throwIfAborted();
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  try {
    return await new Promise((resolve, reject) => {
      const question = Buffer.alloc(PACKET);
      question[0] = HELLO;
      // Its own time is what it compares with afterwards: the server needs to see nothing but a number to send back.
      const cookie = randomBytes(8);
      cookie.copy(question, 40);
      let [asked, begun] = [clock(), performance.now()];
      socket.once("error", reject);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      socket.on("message", (answer) => {
        const tookMs = performance.now() - begun;
        // Late, or forged by somebody who did not see the question.
        if (answer.length < PACKET || !answer.subarray(24, 32).equals(cookie)) return;
        try {
          resolve(readAnswer(answer, asked, tookMs));
        } catch (error) {
          reject(error);
        }
      });
      // Connected, so that only the server is heard, and the system says it if nobody listens.
      socket.connect(port, address, () => {
        [asked, begun] = [clock(), performance.now()];
        socket.send(question, (error) => error && reject(error));
      });
    });
  } finally {
    socket.close();
  }
}

function readAnswer(answer: Buffer, asked: number, tookMs: number): ServerTime {
  const [first = 0, stratum = 0] = answer;
  if ((first & 7) !== SERVER) throw new Error(`an answer of mode ${first & 7}, not of a server`);
  if (stratum === 0) throw new Error(`it refuses: ${answer.toString("latin1", 12, 16).replace(/[^A-Z]/g, "")}`);
  if (first >> 6 === 3 || stratum > 15) throw new Error("it does not know the time itself");
  const [received, sent] = [timestamp(answer, 32), timestamp(answer, 40)];
  if (received === undefined || sent === undefined) throw new Error("its answer holds no time");
  const dispersionMs = (answer.readUInt32BE(8) / 2 ** 16) * 1000;
  // RFC 4330 §5: ((T2 - T1) + (T3 - T4)) / 2, here with the sign of this machine's clock.
  const offsetMs = (asked - received + (asked + tookMs - sent)) / 2;
  return { offsetMs, doubtMs: Math.max(0, tookMs - (sent - received)) / 2 + dispersionMs, stratum };
}

/** Milliseconds since 1970. */
function timestamp(packet: Buffer, at: number): number | undefined {
  const [seconds, fraction] = [packet.readUInt32BE(at), packet.readUInt32BE(at + 4)];
  if (seconds === 0 && fraction === 0) return undefined;
  return (seconds + (seconds < ERA_SECONDS / 2 ? ERA_SECONDS : 0) - EPOCH_SECONDS + fraction / ERA_SECONDS) * 1000;
}
