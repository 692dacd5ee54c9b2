/** The sealing keys in use: one, or while stored secrets are sealed anew, the present one and the next. */
import { existsSync, linkSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import {
  flushFolder,
  keyIdOf,
  newKeyText,
  openSealingKey,
  readKeyFile,
  type SealingKey,
  SealingKeyFault,
  writeKeyFile,
} from "./sealing-key.ts";

/** Ids as the store knows them: `known` is the key of the org, `next` the one to which it passes. */
export interface SealingIds {
  known: string | undefined;
  next: string | undefined;
}

export class SealingRing {
  readonly #file: string;
  readonly #keys = new Map<string, SealingKey>();
  #known: SealingKey;
  #next: SealingKey | undefined;

  /** Throws `SealingKeyFault` if one of the keys that are needed is in none of the files. */
  constructor(file: string, ids: SealingIds) {
    this.#file = file;
    this.#known = this.#open(ids);
    this.set({ known: this.#known.id, next: ids.next });
  }

  /** Follows what the store says. Throws `SealingKeyFault`, and then nothing changed. */
  set({ known, next }: SealingIds): void {
    const [one, other] = [this.#find(known ?? this.#known.id), next === undefined ? undefined : this.#find(next)];
    [this.#known, this.#next] = [one, other];
  }

  /** The key of the org: names are derived from it. */
  get known(): SealingKey {
    return this.#known;
  }

  get next(): SealingKey | undefined {
    return this.#next;
  }

  seal(secret: Uint8Array, context: string): string {
    return (this.#next ?? this.#known).seal(secret, context);
  }

  unseal(sealed: string, context: string): Uint8Array {
    return this.#find(keyIdOf(sealed) ?? "").unseal(sealed, context);
  }

  /** Makes the next key's file, or takes the key of another one; answers its id. Throws `SealingKeyFault`; then there is no such file. */
  prepare(from: string | undefined): string {
    const next = `${this.#file}.next`;
    if (from !== undefined && readKeyFile(from).id === this.#known.id)
      throw new SealingKeyFault(`${from} is the present key ${this.#known.id}`);
    try {
      // A file that is left over seals nothing yet: whoever began before did not get as far as the store.
      rmSync(next, { force: true });
      writeKeyFile(next, from === undefined ? newKeyText() : readFileSync(from, "utf8"));
    } catch (error) {
      throw new SealingKeyFault(`the next sealing key cannot be written to ${next}: ${(error as Error).message}`);
    }
    const key = readKeyFile(next);
    this.#keys.set(key.id, key);
    return key.id;
  }

  /** The next key takes the file of the present one, which keeps a name of its own: backups from before need it. May be called again. */
  moveFiles(): void {
    const next = this.#next;
    if (!next || readKeyFile(this.#file).id === next.id) return;
    const kept = `${this.#file}.${this.#known.id}`;
    if (!existsSync(kept)) linkSync(this.#file, kept);
    renameSync(`${this.#file}.next`, this.#file);
    flushFolder(dirname(this.#file));
  }

  #open({ known, next }: SealingIds): SealingKey {
    if (next === undefined) {
      const key = openSealingKey(this.#file, known);
      this.#keys.set(key.id, key);
      return key;
    }
    return this.#find(known ?? "");
  }

  /** In memory, or in one of the files in which a key stands before, during and after it is replaced. */
  #find(id: string): SealingKey {
    for (const file of this.#keys.has(id) ? [] : [this.#file, `${this.#file}.next`, `${this.#file}.${id}`]) {
      if (!existsSync(file)) continue;
      const key = readKeyFile(file);
      this.#keys.set(key.id, key);
    }
    const found = this.#keys.get(id);
    if (found) return found;
    throw new SealingKeyFault(
      `secrets are sealed with key ${id}, which is neither in ${this.#file} nor in ${this.#file}.next nor in ${this.#file}.${id}: put the file back`,
    );
  }
}
