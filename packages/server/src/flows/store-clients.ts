/** What the flows need of the stored clients: pairs of id and secret by which machines register themselves. */
import type { Page } from "./store.ts";

export interface ClientRow {
  /** As issued: `SALLYID-…`. */
  id: string;
  appId: string;
  name: string;
  /** Hosts that it may register in all. */
  cap: number;
  registered: number;
  /** Each host that it registers waits for an administrator. */
  approve: boolean;
  /** Compare-and-set counter of rotations: of two at once only one counts. */
  version: number;
  created: number;
  createdBy: string;
  revoked: number | null;
}

/** `sealedSecret` by the sealing key: the secret itself is needed to check a proof (S7). `retires`: epoch ms; null = valid until rotated. */
export interface ClientSecretRow {
  id: string;
  clientId: string;
  sealedSecret: string;
  created: number;
  retires: number | null;
}

export interface ClientsStore {
  insert(client: ClientRow): Promise<void>;
  byId(id: string): Promise<ClientRow | undefined>;
  list(page: Page): Promise<ClientRow[]>;
  revoke(id: string, now: number): Promise<void>;
  /** Counts one registration only below the cap and while not revoked; the new count, or undefined. One statement, so that a thousand machines at once cannot exceed it. */
  takeRegistration(id: string): Promise<number | undefined>;
  /** Single use (S4) of a registration's nonce, for good: true the first time. One statement. */
  consumeNonce(id: string, nonce: string, now: number): Promise<boolean>;
  /** Raises `version` only if it is still `expected`; false if someone was faster. One statement. */
  advance(id: string, expected: number): Promise<boolean>;
  insertSecret(secret: ClientSecretRow): Promise<void>;
  /** Newest first, retired ones included. */
  secrets(clientId: string): Promise<ClientSecretRow[]>;
  setRetires(secretId: string, at: number): Promise<void>;
}
