/** What changes from self-check to self-check and must outlive the process: generation, heads of the org's log, policy version, time. */
import { join } from "node:path";
import { logHead } from "@sallyport/contracts";
import { describeComplaint, readStrictJson } from "@sallyport/settings";
import * as z from "zod";
import type { Finding } from "../finding.ts";
import { readOwnFile, writeAtomically } from "./files.ts";

/** `state.json`, 0600. */
export const stateFile = z.strictObject({
  generation: z.string().length(22),
  /** Set while a self-check is under way: its answer may have been lost, so only a retry with this very id may speak next. */
  pendingCheck: z.string().length(22).optional(),
  /** Highest policy version ever seen: a lower one is refused even if the policy file is gone. */
  policyVersion: z.int().min(-1),
  /** Last head of the org's log, per node (S21). The newest is the last. */
  heads: z.array(logHead).max(64),
  time: z.strictObject({ bootId: z.string(), monotonic: z.number(), org: z.number() }).optional(),
  /** SPKI (hex SHA-256) of the last certificate that was good in every way: lets a host with a wrong clock come back. */
  lastGood: z.string().length(64).optional(),
});
export type StateFile = z.infer<typeof stateFile>;

export const statePath = (folder: string) => join(folder, "state.json");

export class HostState {
  #file: string;
  #value: StateFile;
  #dirty = false;
  private constructor(file: string, value: StateFile) {
    this.#file = file;
    this.#value = value;
  }

  /** Causes: `config.missing`, `config.unreadable`, `config.exposed`, `config.invalid`. */
  static read(folder: string): { ok: true; state: HostState } | { ok: false; finding: Finding } {
    const file = statePath(folder);
    const read = readOwnFile(file, { secret: true });
    if (!read.ok) return read;
    const parsed = readStrictJson(read.text, stateFile, { file });
    if (parsed.ok) return { ok: true, state: new HostState(file, parsed.value) };
    const [first] = parsed.complaints;
    const reason = first ? describeComplaint(file, first) : "not valid";
    return { ok: false, finding: { cause: "config.invalid", evidence: { file, reason } } };
  }

  get value(): Readonly<StateFile> {
    return this.#value;
  }

  /** Changes and writes at once. Throws if the disk refuses: then nothing changed, in memory neither. */
  update(change: Partial<StateFile>): void {
    const next = stateFile.parse({ ...this.#value, ...change });
    writeAtomically(this.#file, `${JSON.stringify(next)}\n`);
    this.#value = next;
    this.#dirty = false;
  }

  /** Keeps a head of the org's log; a lower one of the same node never replaces a higher one. Written by the next `update` or `flush`. */
  keepHead(head: { node: string; seq: number; hash: string }): void {
    const known = this.#value.heads.find((one) => one.node === head.node);
    if (known && known.seq >= head.seq) return;
    const heads = [...this.#value.heads.filter((one) => one.node !== head.node), head].slice(-64);
    this.#value = { ...this.#value, heads };
    this.#dirty = true;
  }

  flush(): void {
    if (this.#dirty) this.update({});
  }
}
