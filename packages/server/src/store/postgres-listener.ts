/** Listens for what other nodes announce. Only a hint: a notification that is lost delays a look, and nothing else. */
import { Client } from "pg";
import { connectionConfig, type DatabaseAddress } from "./postgres-connection.ts";

export const CHANNEL = "sallyport";

export class PostgresListener {
  readonly #address: DatabaseAddress;
  readonly #heard: () => void;
  #client: Client | undefined;
  #connecting = false;
  #stopped = false;

  constructor(address: DatabaseAddress, heard: () => void) {
    this.#address = address;
    this.#heard = heard;
  }

  /** Connects if it is not connected; a failure is tried again at the next call. */
  async ensure(): Promise<void> {
    if (this.#client || this.#connecting || this.#stopped) return;
    this.#connecting = true;
    const client = new Client(connectionConfig(this.#address));
    const lost = () => {
      if (this.#client === client) this.#client = undefined;
      void client.end().catch(() => undefined);
    };
    client.on("error", lost);
    client.on("end", lost);
    client.on("notification", () => this.#heard());
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      this.#client = client;
    } catch {
      lost();
    } finally {
      this.#connecting = false;
      if (this.#stopped) lost();
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#client?.end().catch(() => undefined);
  }
}
