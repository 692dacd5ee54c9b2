/** What several checks need of one visit to the org, each looked at once: the connection, who answers, the clocks. */
import type { Answer, Missed, Seen } from "../../check.ts";
import { hostOf } from "../../probe/connect.ts";
import type { Peer } from "../../probe/handshake.ts";
import { messageOf } from "../../probe/judge.ts";
import { askTimeServer, type ServerTime } from "../../probe/sntp.ts";
import { timesOf, Visit } from "../../probe/visit.ts";
import { type Heard, hear, judgeSilence, type OrgTime, timeQuestion, withCertificate } from "./answer.ts";
import { describePeer, isElse, judgeCertificate, leadsToPin } from "./certificate.ts";
import { judgeClocks } from "./clock.ts";
import type { KnownTimeServer, NetworkFacts } from "./facts.ts";

/** A time server that is not heard in this time is not waited for. */
const TIME_SERVER_MS = 1000;
/** Of a long list the first ones tell as much. */
const MOST_TIME_SERVERS = 3;

type WayFacts = Pick<NetworkFacts, "org" | "proxy" | "trust" | "connectMs">;

export class Look {
  readonly #clock: () => number;
  #visit: Visit | undefined;
  #nonce = "";
  #heard: Promise<Heard> | undefined;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  visit({ org, proxy, trust, connectMs }: WayFacts): Visit {
    if (this.#visit) return this.#visit;
    const { nonce, question } = timeQuestion(trust);
    this.#nonce = nonce;
    this.#visit = new Visit({ url: org, proxy, anchor: trust?.anchor, question, clock: this.#clock }, timesOf(connectMs));
    return this.#visit;
  }

  #hear(facts: WayFacts, signal: AbortSignal): Promise<Heard> {
    const visit = this.visit(facts);
    this.#heard ??= visit.reply(signal).then((reply) => hear(reply, this.#nonce, facts));
    return this.#heard;
  }

  async answer(facts: NetworkFacts, signal: AbortSignal): Promise<Answer> {
    try {
      const { who, seen } = await this.#hear(facts, signal);
      const peer = who === "page" || who === "stranger" ? await this.visit(facts).peer(signal) : undefined;
      return { seen: peer ? withCertificate(seen, describePeer(peer)) : seen };
    } catch (error) {
      if (signal.aborted) throw error;
      return judgeSilence(error);
    }
  }

  /** Also where nobody answers on the connection: what was shown is judged then without the org's time. */
  async certificate(facts: NetworkFacts, signal: AbortSignal): Promise<Seen[]> {
    const peer = await this.visit(facts).peer(signal);
    if (peer === undefined) return [];
    const heard = await this.#hear(facts, signal).catch(() => undefined);
    const { trust, org } = facts;
    return judgeCertificate(peer, { host: hostOf(org), trust, now: this.#clock(), time: heard?.time, who: heard?.who ?? "unknown" });
  }

  async clocks(facts: Partial<NetworkFacts>, signal: AbortSignal): Promise<Answer> {
    const servers = (facts.timeServers ?? []).slice(0, MOST_TIME_SERVERS).map((server) => askOne(server, signal, this.#clock));
    const heard = await this.#orgTime(facts, signal).catch(() => undefined);
    const asked = await Promise.all(servers);
    const answer = judgeClocks({
      org: heard?.time,
      vouched: heard?.vouched === true,
      servers: asked.flatMap((one) => ("time" in one ? [one] : [])),
    });
    return { seen: answer.seen, missed: [...(answer.missed ?? []), ...asked.flatMap((one) => ("missed" in one ? [one.missed] : []))] };
  }

  async #orgTime(facts: Partial<NetworkFacts>, signal: AbortSignal): Promise<{ time?: OrgTime; vouched: boolean }> {
    const { org, trust } = facts;
    if (org === undefined) return { vouched: false };
    const { who, time } = await this.#hear({ ...facts, org }, signal);
    const peer = await this.visit({ ...facts, org }).peer(signal);
    const pinned = peer && leadsToPin(peer, trust);
    if (time === undefined || isElse(who, pinned)) return { vouched: false };
    // On plain http the other end is this very machine.
    return { time, vouched: time.by === "signed" || peer === undefined || (holds(peer) && pinned !== false) };
  }
}

const holds = ({ chainError, nameError }: Peer) => chainError === undefined && nameError === undefined;

async function askOne(
  server: KnownTimeServer,
  signal: AbortSignal,
  clock: () => number,
): Promise<{ name: string; time: ServerTime } | { missed: Missed }> {
  const name = server.port === undefined ? server.host : `${server.host} port ${server.port}`;
  const end = AbortSignal.any([signal, AbortSignal.timeout(TIME_SERVER_MS)]);
  try {
    return { name, time: await askTimeServer(server, end, clock) };
  } catch (error) {
    const missed = {
      what: `the time server ${name} (${server.from})`,
      why: end.aborted ? "no answer" : messageOf(error),
      ...(server.asked ? { asked: true } : {}),
    };
    return { missed };
  }
}
