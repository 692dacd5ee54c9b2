/** A conversation with one server over one connection: bind, and search in pages. It never opens a second connection by itself. */
import type { connect as netConnect } from "node:net";
import type { TLSSocket } from "node:tls";
import {
  type BerWriter,
  Client,
  Control,
  type Filter,
  PagedResultsControl,
  type PasswordPolicyControl,
  ResultCodeError,
  type SearchOptions,
} from "ldapts";
import type { DirectorySource } from "../flows/directory.ts";
import { connect } from "./connect.ts";
import { Entry } from "./entry.ts";
import { faultOf } from "./faults.ts";

/** Attributes that are bytes also where they happen to read as text. */
const BYTES = ["objectGUID", "objectSid", "invocationId"];

/** A server that sends more without an end to it is broken, or means harm (S30). A group of 80,000 members has about 6 MiB. */
const LONGEST_MESSAGE = 8 * 1024 * 1024;
const MOST_ENTRIES = 1_000_000;

export interface Search {
  base: string;
  scope: "base" | "one" | "sub";
  filter: string | Filter;
  attributes: readonly string[];
}

export class Session {
  readonly server: string;
  readonly #socket: TLSSocket;
  readonly #client: Client;
  readonly #signal: AbortSignal;
  #cookie: Buffer | undefined;
  /** Bytes since the last whole message. */
  #pending = 0;
  readonly #timeLimit: number;

  private constructor(server: string, socket: TLSSocket, timeoutSeconds: number, signal: AbortSignal) {
    this.server = server;
    this.#socket = socket;
    this.#signal = signal;
    this.#timeLimit = timeoutSeconds;
    let given = false;
    // ldapts connects again by itself when a connection broke: without TLS, and without what was proved on it.
    const createConnection = (() => {
      if (given) throw new Error("the connection broke");
      given = true;
      return socket;
    }) as unknown as typeof netConnect;
    const url = server.replace(/^ldaps:/i, "ldap:");
    this.#client = new Client({ url, timeout: timeoutSeconds * 1000, createConnection });
    // A page without entries may be followed by others, which ldapts does not ask for: we keep the cookie ourselves.
    this.#client["messageParser"].on("message", ({ controls }: { controls?: Control[] }) => {
      this.#pending = 0;
      this.#cookie = controls?.find((one) => one instanceof PagedResultsControl)?.value?.cookie;
    });
    socket.on("data", (part: Buffer) => {
      this.#pending += part.length;
      if (this.#pending > LONGEST_MESSAGE) socket.destroy(new Error("connection ended: a message longer than 8 MiB"));
    });
    signal.addEventListener("abort", this.#abort);
  }

  /** Throws a `ServerFault`, or the signal's reason. */
  static async open(server: string, { settings }: DirectorySource, signal: AbortSignal): Promise<Session> {
    try {
      return new Session(server, await connect(server, settings, signal), settings.timeoutSeconds, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw faultOf(error, server);
    }
  }

  readonly #abort = () => this.#socket.destroy();

  /** A refused bind throws ldapts' own error, so that who is refused can be told from what is broken. */
  bind(name: string, password: string, control?: PasswordPolicyControl): Promise<void> {
    // RFC 4513 §5.1.2: with an empty password a server says yes to anybody (S33).
    if (password === "") throw new RangeError("a bind without a password proves nothing");
    return this.#client.bind(name, password, control);
  }

  /** Binds as the account of the source. */
  async bindAccount({ settings, secret }: DirectorySource): Promise<void> {
    await this.#guarded(() => this.bind(settings.bindDn, secret));
  }

  /** Every page that the server gives, also empty ones; references to other servers are left where they are (S33). */
  async *pages(search: Search, pageSize: number): AsyncGenerator<Entry[]> {
    const control = new PageControl(pageSize);
    for (let entries = 0; entries <= MOST_ENTRIES; ) {
      this.#cookie = undefined;
      const page = await this.#search(search, control);
      entries += page.length;
      yield page;
      const cookie = this.#cookie as Buffer | undefined;
      if (cookie === undefined) throw faultOf(new Error("no word on further pages"), this.server);
      if (cookie.length === 0) return;
      control.cookie = cookie;
    }
    throw faultOf(new Error("more than a million entries"), this.server);
  }

  async all(search: Search, pageSize: number): Promise<Entry[]> {
    const found: Entry[] = [];
    for await (const page of this.pages(search, pageSize)) for (const one of page) found.push(one);
    return found;
  }

  /** One entry by its name. Throws a `ServerFault` if it is not there. */
  async entry(base: string, attributes: readonly string[]): Promise<Entry> {
    const [entry] = await this.#search({ base, scope: "base", filter: "(objectClass=*)", attributes });
    // A server that hides an entry may answer with nothing.
    if (!entry) throw faultOf(new Error("an entry that is not given out"), this.server);
    return entry;
  }

  #search({ base, scope, filter, attributes }: Search, control?: PageControl): Promise<Entry[]> {
    const options: SearchOptions = {
      scope,
      filter,
      attributes: [...attributes],
      explicitBufferAttributes: BYTES,
      timeLimit: this.#timeLimit,
    };
    return this.#guarded(async () => (await this.#client.search(base, options, control)).searchEntries.map((one) => new Entry(one)));
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#signal.throwIfAborted();
      // Nobody would hear a farewell on a connection that fell silent.
      if (!(error instanceof ResultCodeError)) this.#socket.destroy();
      throw faultOf(error, this.server);
    }
  }

  /** Leaves nothing open, whatever state the connection is in. */
  async close(): Promise<void> {
    this.#signal.removeEventListener("abort", this.#abort);
    await this.#client.unbind().catch(() => {});
    this.#socket.destroy();
  }
}

/** Critical, so that a server that knows no pages says so instead of giving out as much as it likes (RFC 2696 §3). */
class PageControl extends Control {
  readonly #size: number;
  cookie: Buffer = Buffer.alloc(0);

  constructor(size: number) {
    super(PagedResultsControl.type, { critical: true });
    this.#size = size;
  }

  protected override writeControl(writer: BerWriter): void {
    new PagedResultsControl({ value: { size: this.#size, cookie: this.cookie } }).writeControl(writer);
  }
}
