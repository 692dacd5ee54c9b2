/** Verifies the log from its exported lines: hash by hash, checkpoint by checkpoint, and against the places that agents kept. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  ChainCheck,
  checkpointClaims,
  exportCheckpoint,
  exportHeader,
  exportSeal,
  JWS_TYPES,
  type LogEvent,
  type LogFilter,
  type LogHead,
  logEvent,
  logHead,
  type Mark,
  NO_CHECKPOINT,
  publicJwk,
  sealClaims,
} from "@sallyport/contracts";
import { calculateJwkThumbprint } from "jose";
import * as z from "zod";
import { Complaint } from "./complaint.ts";
import { OrgSignatures } from "./org-signatures.ts";

export interface LogVerdict {
  ok: boolean;
  events: number;
  checkpoints: number;
  /** Thumbprint of the key that signed the whole. */
  signedBy: string | null;
  nodes: LogHead[];
  faults: string[];
  notes: string[];
}

/** What a host kept: places in the log, and the decision key that it pinned. */
export interface Kept {
  heads: LogHead[];
  thumbprint: string | undefined;
}

/** `kept`: finds a log that was rewritten as a whole, also by whoever holds the org's key. `key`: thumbprint of a key that must lead to the seal's. */
export async function verifyLines(
  lines: AsyncIterable<string>,
  options: { kept?: (Kept & { whose: string }) | undefined; key?: string | undefined } = {},
): Promise<LogVerdict> {
  const reader = new ExportReader(options.kept);
  for await (const line of lines) await reader.take(line);
  return reader.end(options.key ?? options.kept?.thumbprint);
}

class ExportReader {
  readonly #faults: string[] = [];
  readonly #notes: string[] = [];
  readonly #marks: Mark[];
  readonly #digest = createHash("sha256");
  #signatures: OrgSignatures | undefined;
  #filter: LogFilter = {};
  #check: ChainCheck | undefined;
  #checkpoint = { number: 0, hash: NO_CHECKPOINT };
  #events = 0;
  #signedBy: string | undefined;

  constructor(kept: (Kept & { whose: string }) | undefined) {
    this.#marks = kept?.heads.map((head) => ({ ...head, whose: kept.whose, signed: false })) ?? [];
  }

  async take(line: string): Promise<void> {
    if (this.#signedBy !== undefined) return void this.#faults.push("there are lines after the seal");
    const value = parse(line);
    if (!value) this.#notJson();
    else if (!this.#signatures) await this.#begin(value);
    else if ("checkpoint" in value) await this.#takeCheckpoint(exportCheckpoint.safeParse(value).data?.checkpoint ?? "");
    else if ("seal" in value) return this.#takeSeal(exportSeal.safeParse(value).data?.seal ?? "");
    else this.#takeEvent(value);
    this.#digest.update(`${line}\n`);
  }

  #notJson(): void {
    if (!this.#signatures) throw new Complaint("this is no exported log: its first line is not JSON");
    this.#faults.push(`a line after event ${this.#events} is not JSON: it was cut off or changed`);
  }

  async #begin(value: object): Promise<void> {
    const header = exportHeader.safeParse(value);
    if (!header.success) throw new Complaint("this is no exported log: its first line is not the header of one");
    const { keys, filter } = header.data.export;
    this.#filter = filter;
    this.#signatures = await OrgSignatures.read(keys);
  }

  async #takeCheckpoint(signed: string): Promise<void> {
    const number = this.#checkpoint.number + 1;
    const opened = await this.#signatures?.open(signed, JWS_TYPES.checkpoint, checkpointClaims);
    if (!opened) return void this.#faults.push(`checkpoint ${number}: its signature does not hold`);
    const { claims } = opened;
    if (claims.number !== number || claims.previous !== this.#checkpoint.hash)
      this.#faults.push(`checkpoint ${number}: does not follow from the one before it`);
    this.#checkpoint = { number: claims.number, hash: createHash("sha256").update(signed).digest("hex") };
    this.#marks.push(...claims.heads.map((head) => ({ ...head, whose: `checkpoint ${claims.number}`, signed: true })));
  }

  #takeEvent(value: object): void {
    const event = logEvent.safeParse(value);
    this.#events += 1;
    if (!event.success) return void this.#faults.push(`line of event ${this.#events}: is no event: ${event.error.issues[0]?.message}`);
    this.#check ??= new ChainCheck(this.#marks);
    if (this.#whole()) this.#check.take(event.data as LogEvent);
  }

  async #takeSeal(seal: string): Promise<void> {
    const opened = await this.#signatures?.open(seal, JWS_TYPES.export, sealClaims);
    this.#signedBy = opened?.thumbprint ?? "";
    if (!opened) return void this.#faults.push("the seal's signature does not hold");
    const { claims } = opened;
    if (claims.digest !== this.#digest.digest("hex") || claims.events !== this.#events)
      this.#faults.push("the lines are not those that were sealed: some were changed, added or taken away");
    this.#check ??= new ChainCheck(this.#marks);
    const ends = new Map(this.#check.heads().map((head) => [head.node, head]));
    for (const { node, seq, hash } of this.#whole() ? claims.heads : []) {
      const end = ends.get(node);
      if (end?.seq !== seq || end.hash !== hash) this.#faults.push(`${node}/${seq}: the seal says that the log ends here, but it does not`);
    }
  }

  #whole(): boolean {
    return Object.keys(this.#filter).length === 0;
  }

  async end(key: string | undefined): Promise<LogVerdict> {
    if (!this.#signatures) throw new Complaint("this is no exported log: it is empty");
    if (this.#signedBy === undefined) this.#faults.push("it ends without its seal: the end was cut off");
    const check = this.#check ?? new ChainCheck(this.#marks);
    if (this.#whole()) check.end();
    else this.#notes.push("a selection of the log: that nothing of it was left out is not shown here");
    const faults = [...this.#faults, ...this.#signatures.faults, ...check.faults];
    if (this.#signedBy) {
      if (key === undefined) this.#notes.push(`signed by key ${this.#signedBy}; whether it is your org's: sallyport key list, or --key`);
      else if (!this.#signatures.leads(key, this.#signedBy))
        faults.push(`it is signed by key ${this.#signedBy}, to which key ${key} does not lead`);
    }
    return {
      ok: faults.length === 0,
      events: this.#events,
      checkpoints: this.#checkpoint.number,
      signedBy: this.#signedBy || null,
      nodes: check.heads(),
      faults: faults.slice(0, 100),
      notes: [...this.#notes, ...check.notes],
    };
  }
}

function parse(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `path`: a host's state folder, or a copy of the `state.json` in it. */
export async function readKept(path: string): Promise<Kept> {
  const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = folder ? join(path, "state.json") : path;
  try {
    const { heads } = z.object({ heads: z.array(logHead) }).parse(JSON.parse(readFileSync(file, "utf8")));
    if (!folder) return { heads, thumbprint: undefined };
    const { decisionKey } = z.object({ decisionKey: publicJwk }).parse(JSON.parse(readFileSync(join(path, "host.json"), "utf8")));
    const { kty, crv, x, y } = decisionKey;
    return { heads, thumbprint: await calculateJwkThumbprint({ kty, crv, x, y }) };
  } catch (error) {
    throw new Complaint(`${path} cannot be read as the state of an agent: ${(error as Error).message.split("\n")[0]}`);
  }
}
