/** The host link: signed calls to the org, with the org's time, one retry where it is safe, and every fault named. */
import { JWS_TYPES, LIMITS, timeAnswer, timeClaims } from "@sallyport/contracts";
import type * as z from "zod";
import type { OrgClock } from "../clock.ts";
import { clockFinding, describeError, type Finding } from "../finding.ts";
import { openSigned } from "../signed.ts";
import type { DecisionKeys } from "../state/decision-keys.ts";
import type { HostState } from "../state/host-state.ts";
import { type Answer, readAnswer } from "./answer.ts";
import { random128, type Signer, signAssertion } from "./assertion.ts";
import { LinkError, type LinkFault } from "./fault.ts";
import { Gate } from "./gate.ts";
import type { RawAnswer, Transport } from "./transport.ts";

export interface CallOptions {
  /** The org answers the same body the same way twice, so a lost answer may be asked for again. */
  repeatable: boolean;
  /** Ends the waiting for a turn. A request that was sent is not taken back. */
  signal?: AbortSignal | undefined;
  /** A self-check: it may be repeated with its own id, so that a lost one need not be waited out. */
  check?: boolean;
}

export interface LinkParts {
  transport: Transport;
  clock: OrgClock;
  state: HostState;
  signer: Signer;
  decisionKeys: DecisionKeys;
  answerMs: number;
  secure: boolean;
  viaProxy: boolean;
}

export class OrgLink {
  #parts: LinkParts;
  #gate = new Gate();
  /** Finishes a self-check whose answer was lost; set by the self-check, which knows how. */
  #settle: (() => Promise<LinkFault | undefined>) | undefined;
  /** Monotonic ms of the last call that was given up: its assertion may still arrive at the org. */
  #givenUp: number | undefined;
  /** What calls saw of the host's clock since the last self-check. */
  clockFinding: Finding | undefined;

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  onPendingCheck(settle: () => Promise<LinkFault | undefined>): void {
    this.#settle = settle;
  }

  /** A signed call. Never throws for what network or org do; rejects only with the reason of an aborted `signal`. */
  async call<S extends z.ZodType>(path: string, body: string, schema: S, options: CallOptions): Promise<Answer<z.output<S>>> {
    if (this.#parts.state.value.pendingCheck !== undefined) {
      const fault = await this.#settle?.();
      if (fault) return { kind: "fault", fault };
    }
    return this.#guard(() =>
      this.#gate.pass(false, this.#parts.answerMs, options.signal, () => this.#callNow(path, body, schema, options)),
    );
  }

  /** Runs `work` while no other call is under way; within it, calls go by `callAlone`. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#gate.pass(true, this.#parts.answerMs * 3, undefined, work);
  }

  callAlone<S extends z.ZodType>(path: string, body: string, schema: S): Promise<Answer<z.output<S>>> {
    return this.#guard(() => this.#callNow(path, body, schema, { repeatable: true, check: true }));
  }

  /** Ms to wait until no assertion that was given up can reach the org any more: it would carry a generation that is then too old. */
  quietIn(): number {
    if (this.#givenUp === undefined) return 0;
    const life = (LIMITS.assertionSeconds + LIMITS.clockLeewaySeconds) * 1000;
    return Math.max(0, this.#givenUp + life - this.#parts.clock.monotonic());
  }

  /** Asks the org for its signed time (S15), and for the decision keys that followed while this host was away; `undefined` if it was taken. */
  async syncTime(datesOnly = false): Promise<LinkFault | undefined> {
    const { transport, clock, decisionKeys, answerMs } = this.#parts;
    const nonce = random128();
    const sending = { path: "/api/v1/time", body: JSON.stringify({ nonce, decisionKey: decisionKeys.newest() }), answerMs };
    const begun = clock.monotonic();
    const answer = await this.#guard(async () =>
      this.#read(sending.path, await (datesOnly ? transport.sendForTime(sending) : transport.send(sending)), timeAnswer),
    );
    const elapsed = clock.monotonic() - begun;
    if (answer.kind === "fault") {
      // Only the dates may be forgiven, and only for this: the answer is signed, and the connection carries nothing else.
      return !datesOnly && isDateFault(answer.fault) ? this.syncTime(true) : answer.fault;
    }
    if (answer.kind === "refused") return this.#faultOf({ cause: answer.cause, evidence: answer.evidence }, answer.status);
    const untaken = await this.#takeKeys(answer.value.keys ?? []);
    if (untaken) return this.#faultOf(untaken);
    const opened = await openSigned(answer.value.time, decisionKeys, JWS_TYPES.time, timeClaims);
    const bad = !opened.ok ? `${opened.check}: ${opened.detail}` : opened.claims.nonce !== nonce ? "nonce" : undefined;
    if (!opened.ok || bad) return this.#faultOf({ cause: "url.wrong-org", evidence: { answer: `its signed time does not hold: ${bad}` } });
    clock.set(opened.claims.now, elapsed);
    return undefined;
  }

  close(): void {
    this.#parts.transport.close();
  }

  /** Why the links were not taken, if they were not. */
  async #takeKeys(links: readonly string[]): Promise<Finding | undefined> {
    try {
      const taken = await this.#parts.decisionKeys.take(links);
      if (taken.ok) return undefined;
      return { cause: "url.wrong-org", evidence: { answer: `its chain of keys does not hold: ${taken.check}: ${taken.detail}` } };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return { cause: "host.disk", evidence: { error: describeError(error) } };
    }
  }

  async #callNow<S extends z.ZodType>(path: string, body: string, schema: S, options: CallOptions): Promise<Answer<z.output<S>>> {
    const first = await this.#guard(() => this.#once(path, body, schema, options));
    if (first.kind === "ok") return first;
    const { clock } = this.#parts;
    // A shared secret proves no machine, so that the machine's own word on the time is not put right for it: it is refused as it is.
    if (this.#parts.signer.signing.alg === "HS256") return this.#again(first, path, body, schema, options);
    const late = first.kind === "refused" ? first.cause === "clock.host" : isDateFault(first.fault);
    if (late) {
      const before = clock.best();
      const fault = await this.syncTime();
      if (fault) return first;
      const offsetMs = Math.round(before - clock.best());
      // A certificate can be out of date by the right time as well: then the clock is not to blame.
      if (Math.abs(offsetMs) > LIMITS.clockFindingMs) this.clockFinding = clockFinding(clock, offsetMs);
      return this.#guard(() => this.#once(path, body, schema, options));
    }
    return this.#again(first, path, body, schema, options);
  }

  async #again<S extends z.ZodType>(first: Answer<z.output<S>>, path: string, body: string, schema: S, options: CallOptions) {
    const lost = options.repeatable && first.kind === "fault" && isLostAnswer(first.fault);
    if (!lost) return first;
    const second = await this.#guard(() => this.#once(path, body, schema, options));
    // Whatever kept the second from leaving: the first may have arrived, and then the org has moved on.
    const unsent = second.kind === "fault" && second.fault.phase !== "answer";
    if (options.check && unsent) return first;
    return second.kind === "refused" ? { ...second, again: true as const } : second;
  }

  async #once<S extends z.ZodType>(path: string, body: string, schema: S, options: CallOptions): Promise<Answer<z.output<S>>> {
    const { signer, state, clock, transport, answerMs } = this.#parts;
    const authorization = `Bearer ${await signAssertion(signer, body, state.value.generation, signer.signing.alg === "HS256" ? clock.wall() : clock.best())}`;
    try {
      return this.#read(path, await transport.send({ path, body, authorization, answerMs }), schema);
    } catch (error) {
      // The request may still stand in a queue on the way: a self-check must wait until its assertion has died.
      if (error instanceof LinkError && error.fault.phase === "answer" && !options.check) this.#givenUp = clock.monotonic();
      throw error;
    }
  }

  #read<S extends z.ZodType>(endpoint: string, raw: RawAnswer, schema: S): Answer<z.output<S>> {
    return readAnswer(raw, schema, { endpoint, secure: this.#parts.secure, viaProxy: this.#parts.viaProxy });
  }

  async #guard<T>(work: () => Promise<Answer<T>>): Promise<Answer<T>> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof LinkError) return { kind: "fault", fault: error.fault };
      throw error;
    }
  }

  #faultOf(finding: Finding, status?: number): LinkFault {
    const { secure, viaProxy } = this.#parts;
    return { ...finding, phase: "answer", authenticated: secure, viaProxy, ...(status === undefined ? {} : { status }) };
  }
}

function isDateFault(fault: LinkFault): boolean {
  return fault.cause === "tls.expired" || fault.cause === "tls.not-yet";
}

/** The connection broke after the request was sent: whether it arrived is not known. A timeout is not asked again: it took its time. */
function isLostAnswer(fault: LinkFault): boolean {
  return fault.cause === "net.unreachable" && fault.phase === "answer" && fault.status === undefined;
}
