/** Looks whether something changed that others keep in memory: when somebody says so, and now and then in any case. */
export interface Watch {
  topic: string;
  onChange: () => void;
  /** What was seen last; `undefined` before the first look. */
  seen: string | undefined;
}

const NEVER = "0";

export class Watchers {
  readonly #numbers: () => Promise<Map<string, string>>;
  readonly #everyMs: number;
  readonly #watches = new Set<Watch>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;

  /** @param numbers the stored number of each topic. */
  constructor(numbers: () => Promise<Map<string, string>>, everyMs: number) {
    this.#numbers = numbers;
    this.#everyMs = everyMs;
  }

  get watched(): boolean {
    return this.#watches.size > 0;
  }

  /** `onChange` is called once at first, since something may have changed before; then after each change, of several at once perhaps once. */
  watch(topic: string, onChange: () => void): () => void {
    const watch: Watch = { topic, onChange, seen: undefined };
    this.#watches.add(watch);
    this.#timer ??= setInterval(() => this.look(), this.#everyMs).unref();
    this.look();
    return () => void this.#watches.delete(watch);
  }

  /** Looks now; a look that is under way is followed by another one. */
  look(): void {
    if (!this.watched) return;
    this.#again = true;
    this.#looking ??= this.#lookWhileAsked();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#watches.clear();
    await this.#looking;
  }

  async #lookWhileAsked(): Promise<void> {
    while (this.#again && this.watched) {
      this.#again = false;
      // A database that is gone for a while is looked at again by the clock.
      const numbers = await this.#numbers().catch(() => undefined);
      if (numbers === undefined) break;
      for (const watch of this.#watches) {
        const now = numbers.get(watch.topic) ?? NEVER;
        if (now === watch.seen) continue;
        watch.seen = now;
        watch.onChange();
      }
    }
    this.#looking = undefined;
  }
}
