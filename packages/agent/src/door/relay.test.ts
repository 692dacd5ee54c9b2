/** The relay's messages become connections of the door and of the control pipe, whatever way the bytes arrive. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import type { Peer } from "./doors.ts";
import { RelayedDoors } from "./relay.ts";

const OPENED = 1;
const DATA = 2;
const CLOSED = 3;

function message(connection: number, kind: number, payload: string | Buffer = ""): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(12);
  for (const [index, value] of [connection, kind, bytes.length].entries()) head.writeUInt32LE(value, index * 4);
  return Buffer.concat([head, bytes]);
}

const CLIENT = { pid: 400, session: 1, sid: "S-1-5-18" };
const opened = (connection: number, pipe = "door") => message(connection, OPENED, JSON.stringify({ pipe, ...CLIENT }));

/** A relay double, and the connections that the door was handed. */
async function relay(connections = 8) {
  const input = new PassThrough();
  const output = new PassThrough({ highWaterMark: 1 << 20 });
  const doors = new RelayedDoors(input, output);
  const came: { connection: Duplex; peer: Peer }[] = [];
  await doors.open("door", { connections }, (connection, peer) => came.push({ connection, peer }));
  /** What the agent told the relay since the last look. */
  const told = () => {
    const found: { connection: number; kind: number; payload: string }[] = [];
    for (let bytes: Buffer = output.read() ?? Buffer.alloc(0); bytes.length > 0; ) {
      const length = bytes.readUInt32LE(8);
      found.push({ connection: bytes.readUInt32LE(0), kind: bytes.readUInt32LE(4), payload: bytes.toString("utf8", 12, 12 + length) });
      bytes = bytes.subarray(12 + length);
    }
    return found;
  };
  return { input, output, doors, came, told };
}

const settled = () => new Promise((done) => setImmediate(done));

test("two clients at a time, their bytes cut anywhere: each gets its own, and the agent knows who they are", async () => {
  const { input, came } = await relay();
  for (const byte of Buffer.concat([opened(1), opened(2), message(2, DATA, "two"), message(1, DATA, "one")])) input.write(Buffer.of(byte));
  await settled();
  assert.deepEqual(
    came.map(({ connection, peer }) => [connection.read()?.toString(), peer]),
    [
      ["one", CLIENT],
      ["two", CLIENT],
    ],
  );
});

test("what the agent writes and its end go to the client that it is for, in order", async () => {
  const { input, came, told } = await relay();
  input.write(Buffer.concat([opened(7), opened(8)]));
  await settled();
  came[1]?.connection.end("for eight");
  await settled();
  assert.deepEqual(told(), [
    { connection: 8, kind: DATA, payload: "for eight" },
    { connection: 8, kind: CLOSED, payload: "" },
  ]);
});

test("more than a message holds goes out in pieces, whole", async () => {
  const { input, came, told } = await relay();
  input.write(opened(1));
  await settled();
  const long = "x".repeat(200_000);
  came[0]?.connection.write(long);
  await settled();
  const pieces = told();
  assert.ok(pieces.length > 3 && pieces.every(({ payload }) => payload.length <= 65_536));
  assert.equal(pieces.map(({ payload }) => payload).join(""), long);
});

test("a client that leaves is gone for the agent, which tells the relay nothing more of it", async () => {
  const { input, came, told } = await relay();
  input.write(opened(1));
  await settled();
  const [first] = came;
  assert.ok(first);
  first.connection.resume();
  const closed = once(first.connection, "close");
  input.write(message(1, CLOSED));
  await closed;
  first.connection.write("too late", () => {});
  first.connection.on("error", () => {});
  await settled();
  assert.deepEqual(told(), []);
});

test("beyond its places, and for a pipe that is not open, a client is turned away", async () => {
  const { input, told, came } = await relay(1);
  input.write(Buffer.concat([opened(1), opened(2), opened(3, "control")]));
  await settled();
  assert.equal(came.length, 1);
  const answers = told();
  assert.match(answers.find(({ connection, kind }) => connection === 2 && kind === DATA)?.payload ?? "", /overloaded/);
  for (const connection of [2, 3]) assert.ok(answers.some((one) => one.connection === connection && one.kind === CLOSED));
});

for (const [what, bytes] of [
  ["announces too much", Buffer.concat([message(1, DATA).subarray(0, 8), Buffer.from([1, 0, 1, 0])])],
  ["does not say who came", message(1, OPENED, '{"pipe":"window"}')],
  ["sends no JSON", message(1, OPENED, "hello")],
] as const) {
  test(`a relay that ${what} is none: the doors are gone`, async () => {
    const { input, doors } = await relay();
    input.write(bytes);
    assert.match(await doors.gone, /broke off/);
  });
}

test("asked whether it is there, the agent says so, whoever else speaks", async () => {
  const { input, told } = await relay();
  input.write(Buffer.concat([opened(1), message(0, 4), message(1, DATA, "one")]));
  await settled();
  assert.deepEqual(told(), [{ connection: 0, kind: 4, payload: "" }]);
});

test("the doors are gone when the relay ends", async () => {
  const { input, doors } = await relay();
  input.end();
  assert.equal(await doors.gone, "the relay ended");
});

/** An agent that answers each client, and stays until its input ends; standard output as Node gives it fails at every write anew. */
const ANSWERING = `
  import { RelayedDoors } from "./relay.ts";
  const doors = new RelayedDoors(process.stdin, process.stdout);
  await doors.open("door", { connections: 8 }, (one) => one.on("data", () => one.write("answer")));
  process.stderr.write(await doors.gone);
`;

test("a relay that takes nothing more ends the agent in good order, however many answers were under way", async (t) => {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", ANSWERING], {
    cwd: import.meta.dirname,
    stdio: ["pipe", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  const said: Buffer[] = [];
  child.stderr.on("data", (part) => said.push(part));
  child.stdout.destroy();
  child.stdin.write(Buffer.concat([opened(1), opened(2), message(1, DATA, "one")]));
  await once(child.stderr, "data");
  child.stdin.end(message(2, DATA, "two"));
  const [code] = await once(child, "close");
  assert.deepEqual([code, Buffer.concat(said).toString()], [0, "the relay takes nothing more: write EPIPE"]);
});
