/** One connection of a provider: frames in strict order, one clear error frame, then the end. */
import type { Duplex } from "node:stream";
import {
  type AccountFrame,
  type AgentFrame,
  type BeginFrame,
  DOOR_VERSION,
  type FailedFrame,
  type HelloFrame,
  type ProviderFrame,
  type ShowFrame,
} from "@sallyport/contracts";
import { type Evidence, Refusal } from "../finding.ts";
import { withButtons } from "./buttons.ts";
import { FrameCutter, readFrame, writeFrame } from "./frames.ts";

/** What a conversation sees of the provider. */
export interface Provider {
  conversation: boolean;
  /** Answers the first `show` that asks for a code by itself, at once, and no other. */
  serial: boolean;
  /** Nobody gets in by it: an administrator tries the agent in a terminal. */
  trial: boolean;
  /** Aborted with a `Refusal` when the provider cancels, leaves or breaks the protocol. */
  gone: AbortSignal;
  show(show: ShowFrame["show"]): void;
  /** The answer to the last `show`; rejects with the reason of `gone`. */
  input(): Promise<Record<string, string>>;
}

export type Opening = BeginFrame | FailedFrame | AccountFrame;

/** How long a provider may take for hello and opening frame together: it has both at hand. */
const OPENING_MS = 10_000;
/** How long it may take to close after the end. */
const CLOSING_MS = 2000;

type Expecting = "hello" | "opening" | "input" | "nothing";

export class DoorSession implements Provider {
  conversation = false;
  serial = false;
  trial = false;
  #isTile = false;
  #socket: Duplex;
  #cutter = new FrameCutter();
  #expecting: Expecting = "hello";
  #lastInput = 0;
  #gone = new AbortController();
  #ended = false;
  #onOpening: (opening: Opening) => void;
  #onInput: ((values: Record<string, string>) => void) | undefined;
  #timer: NodeJS.Timeout;

  constructor(socket: Duplex, onOpening: (opening: Opening) => void) {
    this.#socket = socket;
    this.#onOpening = onOpening;
    this.#timer = setTimeout(
      () => this.#break(new Refusal("door.malformed", { direction: "in", reason: `no opening frame within ${OPENING_MS} ms` })),
      OPENING_MS,
    );
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("error", () => this.#leave());
    socket.on("close", () => this.#leave());
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  show(show: ShowFrame["show"]): void {
    this.#send({ show: this.#isTile ? withButtons(show) : show });
  }

  input(): Promise<Record<string, string>> {
    return new Promise((done, fail) => {
      if (this.gone.aborted) return fail(this.gone.reason);
      const onGone = () => fail(this.gone.reason);
      this.gone.addEventListener("abort", onGone, { once: true });
      this.#expecting = "input";
      this.#onInput = (values) => {
        this.gone.removeEventListener("abort", onGone);
        done(values);
      };
    });
  }

  /** The last frame; the connection is closed after it. Nothing is sent to a provider that left. */
  end(frame: AgentFrame): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#expecting = "nothing";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#socket.destroy(), CLOSING_MS);
    if (this.#socket.writable) this.#socket.end(writeFrame(frame));
  }

  #send(frame: AgentFrame): void {
    if (!this.#ended && this.#socket.writable) this.#socket.write(writeFrame(frame));
  }

  #read(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      for (const line of this.#cutter.push(chunk)) {
        this.#take(readFrame(line));
        if (this.#ended) return;
      }
    } catch (error) {
      this.#break(error instanceof Refusal ? error : new Refusal("agent.fault", { step: "door" }, { cause: error }));
    }
  }

  #take(frame: ProviderFrame): void {
    if ("hello" in frame) {
      this.#takeHello(frame);
      return;
    }
    if ("input" in frame) {
      this.#takeInput(frame.input.id, frame.input.values);
      return;
    }
    if ("cancel" in frame) {
      if (this.#expecting === "hello" || this.#expecting === "opening") throw outOfOrder("cancel", this.#expecting);
      const cause = frame.cancel.cause;
      this.#gone.abort(new Refusal(cause ?? "logon.cancelled", { step: this.#expecting, endedBy: "provider" }));
      return;
    }
    if (this.#expecting !== "opening") throw outOfOrder(Object.keys(frame)[0] ?? "", this.#expecting);
    this.#expecting = "nothing";
    clearTimeout(this.#timer);
    this.#onOpening(frame);
  }

  #takeHello({ v, hello }: HelloFrame): void {
    if (this.#expecting !== "hello") throw outOfOrder("hello", this.#expecting);
    if (v !== DOOR_VERSION)
      throw new Refusal("agent.unreachable", { error: `the provider speaks version ${v} of the door, the agent ${DOOR_VERSION}` });
    this.conversation = hello.conversation;
    this.serial = hello.serial;
    this.#isTile = hello.provider === "windows";
    this.trial = hello.provider === "terminal";
    this.#expecting = "opening";
  }

  #takeInput(id: number, values: Record<string, string>): void {
    if (this.#expecting !== "input") throw outOfOrder("input", this.#expecting);
    if (id !== this.#lastInput + 1)
      throw new Refusal("door.malformed", { direction: "in", reason: `input ${id} after ${this.#lastInput}` });
    this.#lastInput = id;
    this.#expecting = "nothing";
    const taken = this.#onInput;
    this.#onInput = undefined;
    taken?.(values);
  }

  /** The provider broke the protocol: one error frame, the end, and whatever it had begun is refused. */
  #break(refusal: Refusal): void {
    const { cause, evidence } = refusal.finding;
    this.end({ error: { cause, text: errorText(evidence) } });
    this.#gone.abort(refusal);
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#socket.destroy();
    if (!this.#ended) this.#gone.abort(new Refusal("logon.cancelled", { step: this.#expecting, endedBy: "connection" }));
    this.#ended = true;
  }
}

function outOfOrder(found: string, expecting: Expecting): Refusal {
  return new Refusal("door.malformed", { direction: "in", reason: `${found} came where ${expecting} was due` });
}

function errorText(evidence: Evidence): string {
  return String(evidence["reason"] ?? evidence["error"] ?? "The agent failed.").slice(0, 1024);
}
