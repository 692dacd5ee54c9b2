/** Logons at a steady pace while something else goes on: what they wait for it is in the longest of them. */
import { orgLogon, type Person } from "./logon-client.ts";

/** A logon begins every so many ms, whether the one before has ended or not: else a stall would hide those that it keeps waiting. */
const EVERY_MS = 40;

/** Times in ms. */
export interface Figures {
  logons: number;
  p50: number;
  p99: number;
  max: number;
}

export class SteadyLogons {
  readonly #people: Person[];
  #turn = 0;

  /** A code works once: there must be more people than logons within a step of 30 s. */
  constructor(people: Person[]) {
    this.#people = people;
  }

  /** Until `until` resolves. @param watch called at each logon */
  async during(until: Promise<unknown>, watch = () => {}): Promise<Figures> {
    const times: number[] = [];
    const open = new Set<Promise<void>>();
    let going = true;
    const over = () => {
      going = false;
    };
    void until.then(over, over);
    for (let next = performance.now(); going; next += EVERY_MS) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
      const began = performance.now();
      const one = orgLogon(this.#people[this.#turn++ % this.#people.length] as Person).then(
        () => void times.push(performance.now() - began),
      );
      open.add(one);
      void one.finally(() => open.delete(one));
      watch();
    }
    await Promise.all(open);
    times.sort((a, b) => a - b);
    const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
    return { logons: times.length, p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}

export function figuresLine(name: string, { logons, p50, p99, max }: Figures, more = ""): void {
  const [a, b, c] = [p50, p99, max].map((ms) => ms.toFixed(1).padStart(7));
  process.stdout.write(`${name.padEnd(16)} ${String(logons).padStart(6)} logons   p50 ${a} ms   p99 ${b} ms   longest ${c} ms${more}\n`);
}
