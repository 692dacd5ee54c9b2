/** The contracts' schemas find in each golden frame what the C reader finds. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { agentFrame, LIMITS, providerFrame } from "@sallyport/contracts";
import { readStrictJson } from "@sallyport/settings";
import * as z from "zod";

const FOLDER = new URL("../../packages/contracts/vectors/door/", import.meta.url);
const anyFrame = z.union([providerFrame, agentFrame]);

/** The frame as a reader of the door takes it; `undefined` if it must be refused. */
function read(line: Buffer, schema: z.ZodType): unknown {
  if (line.length + 1 > LIMITS.frameBytes) return undefined;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line);
  } catch {
    return undefined;
  }
  const frame = readStrictJson(text, schema, { file: "frame", depth: LIMITS.depth });
  return frame.ok ? frame.value : undefined;
}

function find(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], value);
}

describe("golden frames of the door", () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".frame"));
  it("are more than forty", () => assert.ok(files.length > 40));
  for (const file of files) {
    it(file, () => {
      const bytes = readFileSync(new URL(file, FOLDER));
      const end = bytes.indexOf(10);
      const lines = bytes
        .subarray(end + 1)
        .toString()
        .split("\n")
        .filter(Boolean);
      const frame = read(bytes.subarray(0, end), anyFrame);
      if (lines.includes("error = malformed")) return assert.equal(frame, undefined);
      const ours = file.startsWith("provider-");
      assert.ok(read(bytes.subarray(0, end), ours ? providerFrame : agentFrame), "must be read");
      assert.equal(read(bytes.subarray(0, end), ours ? agentFrame : providerFrame), undefined, "must be refused by the other side");
      for (const line of lines) {
        const [, path = "", value] = /^(\S+) = (.*)$/.exec(line) ?? [];
        assert.equal(String(find(frame, path)), value, line);
      }
    });
  }
});
