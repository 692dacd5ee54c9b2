/** One small file for each account of the machine, root only, written durably. */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { readStrictJson } from "@sallyport/settings";
import type * as z from "zod";
import { Refusal } from "../finding.ts";
import { readOwnFile, writeAtomically } from "../state/files.ts";

export class AccountFiles<S extends z.ZodType> {
  #folder: string;
  #schema: S;

  constructor(state: string, name: string, schema: S) {
    this.#folder = join(state, name);
    this.#schema = schema;
  }

  /** As `readKept`. */
  read(account: string): z.output<S> | undefined {
    return readKept(this.#file(account), this.#schema);
  }

  /** On the disk when it returns; refuses where the disk does, with nothing changed. */
  write(account: string, value: z.output<S>): void {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeAtomically(this.#file(account), `${JSON.stringify(value)}\n`);
    } catch (error) {
      throw new Refusal("host.disk", { file: this.#file(account), error: (error as Error).message.slice(0, 256) });
    }
  }

  /** A name may hold anything; its hash is a file name everywhere. */
  #file(account: string): string {
    return join(this.#folder, `${createHash("sha256").update(account).digest("hex")}.json`);
  }
}

/** `undefined` if there is none. A file that is exposed or broken refuses (S22): it may have been put there. */
export function readKept<S extends z.ZodType>(file: string, schema: S): z.output<S> | undefined {
  const read = readOwnFile(file, { secret: true });
  if (!read.ok) {
    if (read.finding.cause === "config.missing") return undefined;
    throw new Refusal(read.finding.cause, read.finding.evidence);
  }
  const parsed = readStrictJson(read.text, schema, { file });
  if (parsed.ok) return parsed.value;
  throw new Refusal("config.invalid", { file, reason: "not as the agent writes it" });
}
