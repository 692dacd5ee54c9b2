/** What `/metrics` counts: logons by result and cause, answers by route and time, and how full the queues are. */
import type { FastifyInstance } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Store, Tx } from "../flows/store.ts";
import type { NewEvent } from "../flows/store-logons.ts";

export interface Metrics {
  /** Text in the Prometheus exposition format. */
  text(): Promise<string>;
  readonly contentType: string;
  answered(route: string, method: string, status: number, seconds: number): void;
  happened(event: NewEvent): void;
}

/** `sources`: name of each source that ever succeeded, and when that was last, epoch ms. */
export function prometheusMetrics(looks: { passwords: () => number; sources: () => Promise<[string, number][]> }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const logons = new Counter({
    name: "sallyport_logons_total",
    help: "Logons that ended, by result and cause.",
    labelNames: ["result", "cause"],
    registers,
  });
  const answers = new Histogram({
    name: "sallyport_http_answer_seconds",
    help: "Time from request to answer.",
    labelNames: ["route", "method", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const queue: Gauge<string> = new Gauge({
    name: "sallyport_password_checks_waiting",
    help: "Password checks waiting or under way.",
    registers,
    collect: () => queue.set(looks.passwords()),
  });
  const synced: Gauge<string> = new Gauge({
    name: "sallyport_source_last_success_timestamp_seconds",
    help: "When a source was last brought up to date whole.",
    labelNames: ["source"],
    registers,
    async collect() {
      synced.reset();
      for (const [source, at] of await looks.sources()) synced.set({ source }, at / 1000);
    },
  });
  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    answered: (route, method, status, seconds) => answers.observe({ route, method, status }, seconds),
    happened: (event) => {
      const result = LOGON_ENDS[event.type];
      if (result) logons.inc({ result, cause: event.cause ?? "none" });
    },
  };
}

const LOGON_ENDS: Partial<Record<NewEvent["type"], "allow" | "deny">> = {
  "logon.allowed": "allow",
  "logon.without-factor": "allow",
  "logon.fail-open": "allow",
  "logon.refused": "deny",
  "logon.cancelled": "deny",
};

/** Times each answer under its route's pattern: the URL itself would make a series of every id, and show one-time links. */
export function measureRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook("onResponse", async (request, reply) => {
    metrics.answered(request.routeOptions.url ?? "none", request.method, reply.statusCode, reply.elapsedTime / 1000);
  });
}

/** The same store; what a unit of work wrote to the log is counted once it is committed. */
export function countEvents(store: Store, metrics: Metrics): Store {
  return {
    get node() {
      return store.node;
    },
    read: (fn) => store.read(fn),
    ready: () => store.ready(),
    purge: (before) => store.purge(before),
    backup: (target, signal) => store.backup(target, signal),
    lookOver: (world, signal) => store.lookOver(world, signal),
    watch: (topic, onChange) => store.watch(topic, onChange),
    close: () => store.close(),
    async inTransaction(fn) {
      let events: NewEvent[] = [];
      const answer = await store.inTransaction((tx) => {
        // The unit may run again after a serialization failure: what the first try wrote did not happen.
        events = [];
        return fn(listening(tx, events));
      });
      for (const event of events) metrics.happened(event);
      return answer;
    },
  };
}

/** The unit of work as it is, except that what goes to the log is noted. */
function listening(tx: Tx, events: NewEvent[]): Tx {
  const log: Tx["log"] = {
    ...tx.log,
    append: async (event) => {
      const appended = await tx.log.append(event);
      events.push(event);
      return appended;
    },
  };
  return { ...tx, log };
}
