/** What an app needs to be built in a test that touches no store: a log that can be read, and faults for everything else. */
import { pino } from "pino";
import { DEFAULT_RATES } from "../limits/rates.ts";
import { argonPasswords } from "../passwords/passwords.ts";
import type { AppDeps } from "./app.ts";
import { prometheusMetrics } from "./metrics.ts";

export interface LogLine {
  errorId?: string;
  err?: { message: string };
}

/** `logged()` gives all lines so far, debug and above. */
export function bareDeps(own: Partial<AppDeps> = {}): { deps: AppDeps; logged: () => LogLine[] } {
  const lines: LogLine[] = [];
  const log = pino({ level: "debug" }, { write: (text: string) => void lines.push(JSON.parse(text) as LogLine) });
  const passwords = argonPasswords();
  const absent = new Proxy(
    {},
    {
      get: (_, name) => {
        throw new Error(`this test has no ${String(name)}`);
      },
    },
  );
  const deps: AppDeps = {
    store: absent as AppDeps["store"],
    keys: absent as AppDeps["keys"],
    orgUrl: "http://localhost:8080",
    version: "0.0.0",
    log,
    passwords,
    refusedCallers: { count: () => undefined, flush: async () => undefined, stop: async () => undefined },
    metrics: prometheusMetrics({ passwords: passwords.waiting, sources: async () => [] }),
    rates: DEFAULT_RATES,
    directory: absent as AppDeps["directory"],
    syncs: absent as AppDeps["syncs"],
    post: absent as AppDeps["post"],
    dataFolder: ".",
    ...own,
  };
  return { deps, logged: () => lines };
}
