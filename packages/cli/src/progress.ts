/** One line on standard error that says how far a long look is; on a terminal only. */

export interface ProgressLine {
  bytes(read: number, all: number): void;
  /** A check has ended. */
  check(progress: { done: number; all: number; title: string }): void;
  clear(): void;
}

/** Often enough to be seen to move, seldom enough not to cost anything. */
const EVERY_MS = 100;
const LONGEST = 78;

export function progressLine(doing: string): ProgressLine {
  const shown = process.stderr.isTTY === true;
  let next = performance.now() + EVERY_MS;
  let written = false;
  const write = (text: string) => {
    written = true;
    process.stderr.write(`\r\u001b[K${text.slice(0, LONGEST)}`);
  };
  return {
    bytes(read, all) {
      if (!shown || performance.now() < next) return;
      next = performance.now() + EVERY_MS;
      write(`${doing}: ${Math.min(100, Math.floor((read / Math.max(1, all)) * 100))} % of ${(all / 1e6).toFixed(0)} MB`);
    },
    check({ done, all, title }) {
      if (shown && done < all) write(`${doing}: ${done} of ${all} looks done (${title})`);
    },
    clear() {
      if (written) process.stderr.write("\r\u001b[K");
    },
  };
}
