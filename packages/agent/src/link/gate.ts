/** Lets ordinary calls through together and a self-check alone: a generation must not change under a call that carries the old one. */
import { LinkError } from "./fault.ts";

/** Calls at a time; what comes beyond waits, and what waits too long is refused as own overload. */
const AT_ONCE = 64;

interface Waiting {
  alone: boolean;
  start(): void;
}

export class Gate {
  #running = 0;
  #alone = false;
  #waiting: Waiting[] = [];

  /** Runs `work` when its turn has come; rejects with `agent.fault` after `limitMs` of waiting, or with the signal's reason. */
  async pass<T>(alone: boolean, limitMs: number, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    await this.#enter(alone, limitMs, signal);
    try {
      return await work();
    } finally {
      if (alone) this.#alone = false;
      else this.#running -= 1;
      this.#wake();
    }
  }

  #enter(alone: boolean, limitMs: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    return new Promise((done, fail) => {
      const leave = (error: unknown) => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        clearTimeout(timer);
        fail(error);
        this.#wake();
      };
      const onAbort = () => leave(signal?.reason);
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        leave(
          new LinkError("agent.fault", "queue", { step: "queue", reason: "the agent itself is overloaded", waiting: this.#waiting.length }),
        );
      }, limitMs);
      const waiting: Waiting = {
        alone,
        start: () => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", onAbort);
          done();
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(waiting);
      this.#wake();
    });
  }

  /** In order of arrival, so that neither a self-check nor a logon starves. */
  #wake(): void {
    for (let next = this.#waiting[0]; next && this.#mayStart(next); next = this.#waiting[0]) {
      this.#waiting.shift();
      if (next.alone) this.#alone = true;
      else this.#running += 1;
      next.start();
    }
  }

  #mayStart(next: Waiting): boolean {
    if (this.#alone) return false;
    return next.alone ? this.#running === 0 : this.#running < AT_ONCE;
  }
}
