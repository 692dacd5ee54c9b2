/** The doors on Windows: the relay owns the named pipes, and passes their bytes over the agent's standard input and output. */
import { Duplex, type Readable, type Writable } from "node:stream";
import * as z from "zod";
import type { Doors, Peer } from "./doors.ts";
import { withPlaces } from "./places.ts";

/** As in native/windows/relay/wire.h: a head of three little-endian 32 bit numbers — connection, kind, length —, then the bytes. */
const OPENED = 1;
const DATA = 2;
const CLOSED = 3;
/** The relay asks whether we still answer, and starts us anew where we do not: what is stuck cannot say so. */
const ALIVE = 4;
const HEAD_BYTES = 12;
const PAYLOAD_MAX = 65_536;

const opened = z.strictObject({ pipe: z.enum(["door", "control"]), pid: z.int(), session: z.int(), sid: z.string().max(256).optional() });

type Done = (error?: Error | null) => void;
type Send = (kind: number, payload: Buffer, done: Done) => void;
type OnConnection = (connection: Duplex, peer: Peer) => void;

/** One client of a pipe. A pipe has no half that closes by itself: once the client ended, nothing can be sent to it. */
class RelayedConnection extends Duplex {
  #send: Send;
  #told = false;

  constructor(send: Send) {
    super({ allowHalfOpen: false });
    this.#send = send;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    for (let at = 0; at + PAYLOAD_MAX < chunk.length; at += PAYLOAD_MAX) this.#send(DATA, chunk.subarray(at, at + PAYLOAD_MAX), () => {});
    this.#send(DATA, chunk.subarray(Math.floor((chunk.length - 1) / PAYLOAD_MAX) * PAYLOAD_MAX), done);
  }

  override _final(done: Done): void {
    this.#close(done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#close(() => done(error));
  }

  #close(done: Done): void {
    const told = this.#told;
    this.#told = true;
    if (told) done();
    else this.#send(CLOSED, Buffer.alloc(0), done);
  }

  /** The client closed its end. */
  left(): void {
    this.#told = true;
    this.push(null);
    this.destroy();
  }
}

/** Reads what the relay says from `input` and answers on `output`; from now on nothing else may write there. */
export class RelayedDoors implements Doors {
  readonly gone: Promise<string>;
  #input: Readable;
  #output: Writable;
  #pending: Buffer = Buffer.alloc(0);
  #connections = new Map<number, RelayedConnection>();
  #opened = new Map<string, OnConnection>();
  #reading = false;

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#output = output;
    this.gone = new Promise((done) => {
      input.once("end", () => done("the relay ended"));
      input.on("error", (error) => done(`the relay broke off: ${error.message}`));
      // Each answer under way fails anew, and an error that nobody hears would end the agent before it has stopped.
      output.on("error", (error) => done(`the relay takes nothing more: ${error.message}`));
    });
  }

  open(which: "door" | "control", at: { connections: number }, onConnection: OnConnection): Promise<{ close(): void }> {
    this.#opened.set(which, withPlaces(at.connections, onConnection));
    if (!this.#reading) this.#input.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#reading = true;
    return Promise.resolve({ close: () => void this.#opened.delete(which) });
  }

  #take(chunk: Buffer): void {
    let rest = Buffer.concat([this.#pending, chunk]);
    while (rest.length >= HEAD_BYTES) {
      const length = rest.readUInt32LE(8);
      if (length > PAYLOAD_MAX) return void this.#input.destroy(new Error(`it announces ${length} bytes at once`));
      if (rest.length < HEAD_BYTES + length) break;
      this.#hand(rest.readUInt32LE(0), rest.readUInt32LE(4), rest.subarray(HEAD_BYTES, HEAD_BYTES + length));
      rest = rest.subarray(HEAD_BYTES + length);
    }
    this.#pending = rest;
  }

  #hand(number: number, kind: number, payload: Buffer): void {
    if (kind === ALIVE) this.#send(number, ALIVE, payload, () => {});
    else if (kind === OPENED) this.#welcome(number, payload);
    const connection = this.#connections.get(number);
    if (kind === DATA) connection?.push(payload);
    else if (kind === CLOSED) connection?.left();
  }

  #welcome(number: number, payload: Buffer): void {
    const client = readOpened(payload);
    if (!client) return void this.#input.destroy(new Error("it does not say who came"));
    const { pipe, ...peer } = client;
    const connection = new RelayedConnection((kind, bytes, done) => this.#send(number, kind, bytes, done));
    this.#connections.set(number, connection);
    connection.once("close", () => this.#connections.delete(number));
    const welcome = this.#opened.get(pipe);
    if (welcome) welcome(connection, peer);
    else connection.destroy();
  }

  #send(number: number, kind: number, payload: Buffer, done: Done): void {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32LE(number, 0);
    head.writeUInt32LE(kind, 4);
    head.writeUInt32LE(payload.length, 8);
    this.#output.write(Buffer.concat([head, payload]), done);
  }
}

function readOpened(payload: Buffer): z.infer<typeof opened> | undefined {
  try {
    return opened.parse(JSON.parse(payload.toString()));
  } catch {
    return undefined;
  }
}
