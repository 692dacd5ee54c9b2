/** Reads a file as a stream of bytes, whatever its size, packed or not. */
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";

const CHUNK = 1 << 20;

/** The bytes of a file, unpacked if it is packed by gzip. Each chunk is only good until the next one. */
export async function* readBytes(path: string, onBytes: (count: number) => void = () => {}): AsyncGenerator<Uint8Array> {
  if (/\.gz$/i.test(path)) {
    yield* unpacked(path, onBytes);
    return;
  }
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK);
      if (bytesRead === 0) return;
      onBytes(bytesRead);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* unpacked(path: string, onBytes: (count: number) => void): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  const input = file.createReadStream({ highWaterMark: CHUNK });
  input.on("data", (chunk) => onBytes(chunk.length));
  const unzip = createGunzip();
  // A pipe does not carry errors on.
  input.on("error", (error) => unzip.destroy(error));
  try {
    yield* input.pipe(unzip);
  } finally {
    input.destroy();
    unzip.destroy();
  }
}

export function systemSays(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const known: Record<string, string> = {
    ENOENT: "it is not there",
    EACCES: "the system does not let it be read",
    EPERM: "the system does not let it be read",
  };
  return (code && known[code]) ?? (error instanceof Error ? error.message : String(error));
}
