/** Lines of a stream of bytes, each cut at a bound: a file of gigabytes may have one line only. */

export interface Line {
  number: number;
  /** Bytes read as latin-1. */
  text: string;
}

/** `bytes` as UTF-8 or any 8-bit code page. */
export async function* readLines(bytes: AsyncIterable<Uint8Array>, longest: number, signal?: AbortSignal): AsyncGenerator<Line> {
  let rest = "";
  let number = 0;
  for await (const chunk of bytes) {
    signal?.throwIfAborted();
    const lines = (rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1")).split(/\r?\n|\r(?!\n|$)/);
    rest = (lines.pop() ?? "").slice(0, longest);
    for (const text of lines) {
      number += 1;
      yield { number, text };
    }
  }
  if (rest !== "") yield { number: number + 1, text: rest };
}
