/** One visit to an org: each step of the way once, all on one connection, each within its time, so that whoever shows the certificate is who answers. */
import type { Socket } from "node:net";
import { ask, type Question, type Reply } from "./ask.ts";
import { askTunnel, hostOf, openTcp, portOf, resolveHost, type TunnelAnswer } from "./connect.ts";
import { oldVersion, type Peer, shakeHands } from "./handshake.ts";

/** A step did not come about in its time. `cut`: it had less than an agent would give it, so that nothing is proved. */
export class Late extends Error {
  readonly ms: number;
  readonly cut: boolean;
  constructor(ms: number, cut: boolean) {
    super(`no answer in ${(ms / 1000).toFixed(1)} s`);
    this.ms = ms;
    this.cut = cut;
  }
}

/** The proxy answered, and no tunnel is there. */
export class NoTunnel extends Error {
  readonly answer: TunnelAnswer;
  constructor(answer: TunnelAnswer) {
    super(`${answer.status} ${answer.reason}`);
    this.answer = answer;
  }
}

export interface Plan {
  url: URL;
  proxy?: URL | undefined;
  /** PEM, trusted besides the system's store. */
  anchor?: string | undefined;
  question: Question;
  /** This machine's, in milliseconds since 1970. */
  clock: () => number;
}

export interface Times {
  /** Of each step until the connection is there, in milliseconds. */
  stepMs: number;
  /** So long an agent waits for each of these steps. */
  agentMs: number;
  /** Of the whole visit: the answer may take what is left. */
  wholeMs: number;
}

const AGENT_MS = 3000;
/** No answer in this time is none, also for an agent that would wait longer. */
const ANSWER_MS = 3000;

/** `agentMs` is 3000 unless the agent is set otherwise; a visit waits no longer than that, and less for one that waits long. */
export const timesOf = (agentMs: number = AGENT_MS): Times => ({ stepMs: Math.min(agentMs, AGENT_MS), agentMs, wholeMs: 6500 });

export class Visit {
  readonly plan: Plan;
  readonly #times: Times;
  #endsAt: number | undefined;
  #addresses: Promise<string[]> | undefined;
  #connection: Promise<Socket> | undefined;
  #tunnel: Promise<Socket> | undefined;
  #secure: Promise<{ secure: Socket; peer?: Peer }> | undefined;
  #reply: Promise<Reply> | undefined;

  constructor(plan: Plan, times: Times = timesOf()) {
    this.plan = plan;
    this.#times = times;
  }

  /** What a connection is made to: the proxy if there is one, else the org itself. */
  get first(): URL {
    return this.plan.proxy ?? this.plan.url;
  }

  addresses(signal: AbortSignal): Promise<string[]> {
    this.#addresses ??= this.#step(signal, (end) => resolveHost(hostOf(this.first), end));
    return this.#addresses;
  }

  connection(signal: AbortSignal): Promise<Socket> {
    this.#connection ??= this.addresses(signal).then((addresses) => this.#step(signal, (end) => openTcp(this.first, addresses, end)));
    return this.#connection;
  }

  /** The connection on which the org itself is heard. Rejects with `NoTunnel` if the proxy does not open one. */
  tunnel(signal: AbortSignal): Promise<Socket> {
    this.#tunnel ??= this.connection(signal).then((socket) => this.#throughProxy(socket, signal));
    return this.#tunnel;
  }

  async #throughProxy(socket: Socket, signal: AbortSignal): Promise<Socket> {
    // Nothing may keep a connection, or this process, that no later step takes over.
    socket.setTimeout(this.#times.wholeMs, () => socket.destroy()).on("error", () => {});
    if (this.plan.proxy === undefined) return socket;
    const answer = await this.#step(signal, (end) => askTunnel(socket, this.plan.url, end));
    if (answer.status < 200 || answer.status > 299) throw new NoTunnel(answer);
    return socket;
  }

  /** Nothing on plain http. Rejects with OpenSSL's error. */
  async peer(signal: AbortSignal): Promise<Peer | undefined> {
    return (await this.#secured(signal)).peer;
  }

  #secured(signal: AbortSignal): Promise<{ secure: Socket; peer?: Peer }> {
    const { url, anchor } = this.plan;
    this.#secure ??= this.tunnel(signal).then(async (socket) => {
      if (url.protocol !== "https:") return { secure: socket };
      return this.#step(signal, (end) => shakeHands(socket, { host: hostOf(url), anchor }, end));
    });
    return this.#secure;
  }

  reply(signal: AbortSignal): Promise<Reply> {
    const { url, question, clock } = this.plan;
    this.#reply ??= this.#secured(signal).then(({ secure }) =>
      this.#step(signal, (end) => ask(secure, url, question, end, clock), this.#times.wholeMs, ANSWER_MS),
    );
    return this.#reply;
  }

  /** What an older peer would speak, on a connection of its own; nothing if that does not come about either. */
  async oldVersion(signal: AbortSignal): Promise<string | undefined> {
    const { url, proxy } = this.plan;
    try {
      const addresses = await this.addresses(signal);
      return await this.#step(signal, async (end) => {
        const socket = await openTcp(this.first, addresses, end);
        socket.on("error", () => {});
        if (proxy !== undefined) await askTunnel(socket, url, end);
        return oldVersion(socket, hostOf(url), end);
      });
    } catch {
      return undefined;
    }
  }

  async #step<T>(
    signal: AbortSignal,
    work: (end: AbortSignal) => Promise<T>,
    limitMs = this.#times.stepMs,
    enoughMs = this.#times.agentMs,
  ): Promise<T> {
    const begun = performance.now();
    this.#endsAt ??= begun + this.#times.wholeMs;
    const ms = Math.min(limitMs, Math.max(0, this.#endsAt - begun));
    const end = AbortSignal.any([signal, AbortSignal.timeout(Math.round(ms))]);
    try {
      return await work(end);
    } catch (error) {
      if (!end.aborted || signal.aborted) throw error;
      throw new Late(performance.now() - begun, ms < enoughMs);
    }
  }
}

/** `name port 443`, for evidence. */
export const placeOf = (url: URL) => `${hostOf(url)} port ${portOf(url)}`;
