/** Splits a stream into lines, as it comes; a fault of the stream is thrown. */
import type { Readable } from "node:stream";

export async function* linesIn(stream: Readable): AsyncGenerator<string> {
  let rest = "";
  stream.setEncoding("utf8");
  for await (const part of stream as AsyncIterable<string>) {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
