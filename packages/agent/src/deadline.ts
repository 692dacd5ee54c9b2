/** Ends waiting when the person's time is over or the provider is gone. */
import { Refusal } from "./finding.ts";

export class Deadline {
  #ended = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #gone: AbortSignal;
  #onGone = () => this.#ended.abort(this.#gone.reason);

  constructor(gone: AbortSignal) {
    this.#gone = gone;
    if (gone.aborted) this.#onGone();
    else gone.addEventListener("abort", this.#onGone, { once: true });
  }

  /** From now on `limitMs` in all, whatever happens in between. Cause: `factor.timeout`. */
  start(limitMs: number): void {
    const limitSeconds = limitMs / 1000;
    this.#timer ??= setTimeout(() => this.#ended.abort(new Refusal("factor.timeout", { limitSeconds, endedBy: "agent" })), limitMs);
  }

  /** As `start`, whatever was left. */
  restart(limitMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.start(limitMs);
  }

  /** Rejects with the `Refusal` that ended the wait, whatever becomes of `work` afterwards. */
  race<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#ended;
    work.catch(() => undefined);
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((done, fail) => {
      const onEnd = () => fail(signal.reason);
      signal.addEventListener("abort", onEnd, { once: true });
      work.then(done, fail).finally(() => signal.removeEventListener("abort", onEnd));
    });
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#gone.removeEventListener("abort", this.#onGone);
  }
}
