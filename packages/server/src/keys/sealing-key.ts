/** The key, outside the database, under which every stored secret is sealed (security rule S7). */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export interface SealingKey {
  id: string;
  key: Uint8Array;
  /** True if the file was not there before. */
  made: boolean;
  seal(secret: Uint8Array, context: string): string;
  unseal(sealed: string, context: string): Uint8Array;
}

/** The sealing key is missing, wrong, malformed or readable by others: cause `org.sealing-key`; the message is one sentence. */
export class SealingKeyFault extends Error {
  readonly causeId = "org.sealing-key";
  constructor(sentence: string) {
    super(sentence);
    this.name = "SealingKeyFault";
  }
}

const LINE = /^sallyport-sealing-key v1 ([0-9a-f]{16}) ([A-Za-z0-9_-]{43})\s*$/;

/**
 * Reads the key file; makes it only if the store holds nothing sealed yet (`knownId` undefined).
 * @param knownId id of the key that the store was sealed with.
 */
export function openSealingKey(file: string, knownId: string | undefined): SealingKey {
  const made = !existsSync(file);
  if (made) {
    if (knownId !== undefined) {
      throw new SealingKeyFault(
        `the sealing key ${file} is missing; without key ${knownId} no stored secret can be read: put the file back from its backup, or copy it from another node`,
      );
    }
    try {
      writeKeyFile(file, newKeyText());
    } catch (error) {
      // Another node that shares the folder was faster: its key is read.
      if (!existsSync(file)) throw error;
    }
  }
  const key = { ...readKeyFile(file), made };
  if (knownId !== undefined && key.id !== knownId) {
    throw new SealingKeyFault(`the sealing key ${file} is key ${key.id}, but the database was sealed with key ${knownId}`);
  }
  return key;
}

/** Throws `SealingKeyFault` for a file that is absent, not a key, or readable by others. */
export function readKeyFile(file: string): SealingKey {
  let text: string;
  try {
    if ((statSync(file).mode & 0o077) !== 0)
      throw new SealingKeyFault(`the sealing key ${file} can be read by others; run: chmod 600 ${file}`);
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof SealingKeyFault) throw error;
    throw new SealingKeyFault(`the sealing key ${file} cannot be read: ${(error as Error).message}`);
  }
  const match = LINE.exec(text);
  if (!match?.[1] || !match[2])
    throw new SealingKeyFault(`the sealing key ${file} is damaged: it is not one line “sallyport-sealing-key v1 …”`);
  return sealingKey(match[1], Buffer.from(match[2], "base64url"));
}

function sealingKey(id: string, key: Buffer): SealingKey {
  // Made once: of plain bytes each use would first make one, which takes five times as long as what it is for.
  const handle = createSecretKey(key);
  return {
    id,
    key,
    made: false,
    seal(secret, context) {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", handle, iv).setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
      return `v1.${id}.${iv.toString("base64url")}.${text.toString("base64url")}`;
    },
    unseal(sealed, context) {
      const [version, keyId, iv, text] = sealed.split(".");
      if (version !== "v1" || keyId !== id || !iv || !text)
        throw new SealingKeyFault(`a stored secret is sealed with key ${keyId}, not ${id}`);
      const bytes = Buffer.from(text, "base64url");
      const decipher = createDecipheriv("aes-256-gcm", handle, Buffer.from(iv, "base64url"), { authTagLength: 16 });
      decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]);
    },
  };
}

/** Id of the key that a stored text is sealed with. */
export function keyIdOf(sealed: string): string | undefined {
  return sealed.split(".")[1];
}

export function newKeyText(): string {
  return `sallyport-sealing-key v1 ${randomBytes(8).toString("hex")} ${randomBytes(32).toString("base64url")}\n`;
}

/** Under its name only when it is whole and on the disk: what is sealed with it must never outlive it. Throws if the file is there. */
export function writeKeyFile(file: string, text: string): void {
  const draft = `${file}.${randomBytes(4).toString("hex")}`;
  const fd = openSync(draft, "wx", 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
    linkSync(draft, file);
  } finally {
    closeSync(fd);
    rmSync(draft, { force: true });
  }
  flushFolder(dirname(file));
}

export function flushFolder(folder: string): void {
  const fd = openSync(folder, "r");
  fsyncSync(fd);
  closeSync(fd);
}
