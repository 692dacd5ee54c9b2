/** What `/metrics` counts: logons by result and cause, answers by route and time, and how full the queues are. */
import type { FastifyInstance } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { listenToLog } from "../flows/listen-to-log.ts";
import type { Store } from "../flows/store.ts";
import type { NewEvent } from "../flows/store-logons.ts";

export interface Metrics {
  /** Text in the Prometheus exposition format. */
  text(): Promise<string>;
  readonly contentType: string;
  answered(route: string, method: string, status: number, seconds: number): void;
  happened(event: NewEvent): void;
  /** One try to send a message. */
  delivered(kind: string, result: "sent" | "later" | "never"): void;
}

export interface Looks {
  passwords: () => number;
  /** Name of each source that ever succeeded, and when that was last, epoch ms. */
  sources: () => Promise<[string, number][]>;
  /** Each kind of message, how many of it wait, and whether they fail to go out. */
  outbox?: () => Promise<{ kind: string; waiting: number; failing: boolean }[]>;
}

export function prometheusMetrics(looks: Looks): Metrics {
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
  const deliveries = new Counter({
    name: "sallyport_deliveries_total",
    help: "Tries to send a message, by kind and what came of it.",
    labelNames: ["kind", "result"],
    registers,
  });
  lookIntoOutbox(looks, registers);
  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    answered: (route, method, status, seconds) => answers.observe({ route, method, status }, seconds),
    happened: (event) => {
      const result = LOGON_ENDS[event.type];
      if (result) logons.inc({ result, cause: event.cause ?? "none" });
    },
    delivered: (kind, result) => deliveries.inc({ kind, result }),
  };
}

function lookIntoOutbox({ outbox }: Looks, registers: Registry[]): void {
  const labelNames = ["kind"];
  const failing = new Gauge({
    name: "sallyport_delivery_failing",
    help: "1 while messages of this kind do not go out.",
    labelNames,
    registers,
  });
  const waiting: Gauge<string> = new Gauge({
    name: "sallyport_outbox_waiting",
    help: "Messages that are still to be sent.",
    labelNames,
    registers,
    async collect() {
      for (const one of (await outbox?.()) ?? []) {
        waiting.set({ kind: one.kind }, one.waiting);
        failing.set({ kind: one.kind }, one.failing ? 1 : 0);
      }
    },
  });
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
  return listenToLog(store, { committed: metrics.happened });
}
