/** Org time on a host whose own clock may be wrong: an offset to a clock that nobody can set. */
import { readFileSync } from "node:fs";
import { uptime } from "node:os";

export interface Clocks {
  /** Milliseconds since boot, suspend included; cannot be set. */
  monotonic(): number;
  /** The host's own idea of epoch milliseconds. */
  wall(): number;
}

export const machineClocks: Clocks = { monotonic: () => uptime() * 1000, wall: () => Date.now() };

/** What is kept on disk so that a restarted agent knows the time without asking; worthless after a reboot. */
export interface KeptTime {
  bootId: string;
  monotonic: number;
  org: number;
}

/** Identity of this boot: within one, the monotonic clock goes on. */
export function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    // Elsewhere than on Linux the time of boot, to ten seconds, stands in: it moves with the clock, and then org time is asked anew.
    return `boot-${Math.round((Date.now() / 1000 - uptime()) / 10)}`;
  }
}

/** Holds the org's time (S15). Only signed answers set it. */
export class OrgClock {
  #offset: number | undefined;
  #clocks: Clocks;
  /** For each moment that lay ahead of the clock: what makes epoch ms of the monotonic clock from there. */
  #ahead = new Map<string, number>();
  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }

  /** Epoch ms by the org; `undefined` until the org was heard in this boot. */
  now(): number | undefined {
    return this.#offset === undefined ? undefined : Math.round(this.#clocks.monotonic() + this.#offset);
  }

  /** The best time there is, for assertions and log lines only: never for a decision about expiry. */
  best(): number {
    return this.now() ?? this.#clocks.wall();
  }

  /**
   * For what this machine counts without the org: the org's time, or the machine's own before the org was heard; no earlier than `seen`, which
   * was kept for `whom`, and going on from there. A clock that was set back gains nothing, and a wait ends under it all the same.
   */
  notBefore(seen: number, whom: string): number {
    const clock = this.now() ?? Math.round(this.#clocks.wall());
    if (clock >= seen) return clock;
    const monotonic = this.#clocks.monotonic();
    const ahead = Math.max(this.#ahead.get(whom) ?? 0, seen - monotonic);
    this.#ahead.set(whom, ahead);
    return Math.round(monotonic + ahead);
  }

  /** Host clock minus org, ms; 0 while unknown. */
  hostOffset(): number {
    const now = this.now();
    return now === undefined ? 0 : Math.round(this.#clocks.wall() - now);
  }

  /** `now` as signed by the org, `elapsed` the round trip in ms: the answer is taken to stem from its middle. */
  set(now: number, elapsed: number): void {
    this.#offset = now + elapsed / 2 - this.#clocks.monotonic();
  }

  monotonic(): number {
    return this.#clocks.monotonic();
  }

  wall(): number {
    return this.#clocks.wall();
  }

  keep(bootId: string): KeptTime | undefined {
    const org = this.now();
    return org === undefined ? undefined : { bootId, monotonic: Math.round(this.#clocks.monotonic()), org };
  }

  restore(kept: KeptTime, bootId: string): void {
    if (kept.bootId === bootId && kept.monotonic <= this.#clocks.monotonic()) this.#offset = kept.org - kept.monotonic;
  }
}
