/** Writes the log out, line by line: what was asked for of it, and a seal that lets anybody with the org's public key verify it. */
import { createHash } from "node:crypto";
import { type ExportHeader, JWS_TYPES, type LogEvent, type LogFilter, type SealClaims } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import type { Store } from "../store.ts";
import { writeCheckpoint } from "./checkpoints.ts";
import type { Caller } from "./outcome.ts";

/** Events a turn: nobody's logon waits longer than for reading these. */
const AT_ONCE = 250;

export interface ExportDeps {
  store: Store;
  keys: Keys;
  orgUrl: string;
}

/** Texts of whole lines, some at a time. Ends at the place where the log ended when it began. */
export async function* exportLog(deps: ExportDeps, caller: Caller, filter: LogFilter): AsyncGenerator<string> {
  const { store, keys, orgUrl } = deps;
  const { heads, number } = await writeCheckpoint(deps);
  const digest = createHash("sha256");
  const hashed = (text: string) => {
    digest.update(text);
    return text;
  };
  const known = keys.decisionKeys().map(({ position, publicJwk, link }) => ({ position, publicJwk, link }));
  const header: ExportHeader = { export: { v: 1, org: orgUrl, filter, keys: known } };
  yield hashed(`${JSON.stringify(header)}\n`);
  for await (const signed of checkpoints(store, number)) yield hashed(`${JSON.stringify({ checkpoint: signed })}\n`);
  let count = 0;
  const wanted = judgeBy(filter);
  for (const head of heads) {
    for await (const page of chain(store, head.node, head.seq)) {
      const lines = page.filter(wanted).map((event) => `${JSON.stringify(event)}\n`);
      count += lines.length;
      if (lines.length > 0) yield hashed(lines.join(""));
    }
  }
  const now = await store.read(async (tx) => tx.now);
  const claims: SealClaims = { typ: "export", org: orgUrl, filter, events: count, digest: digest.digest("hex"), heads, now };
  const data = { filter, count, digest: claims.digest };
  await store.inTransaction((tx) => tx.log.append({ type: "log.exported", actor: caller.actor, outcome: "success", data }));
  yield `${JSON.stringify({ seal: await keys.sign(JWS_TYPES.export, claims) })}\n`;
}

async function* checkpoints(store: Store, through: number): AsyncGenerator<string> {
  for (let after = 0; after < through; ) {
    const rows = await store.read((tx) => tx.log.checkpoints(after, AT_ONCE));
    for (const { number, signed } of rows) if (number <= through) yield signed;
    after = rows.at(-1)?.number ?? through;
  }
}

/** Read a page at a time: one long read would keep everything that is written meanwhile from being taken over into the database. */
async function* chain(store: Store, node: string, through: number): AsyncGenerator<LogEvent[]> {
  for (let after = 0; after < through; ) {
    const page = await store.read((tx) => tx.log.chain(node, after, AT_ONCE));
    yield page.filter(({ seq }) => seq <= through);
    after = page.at(-1)?.seq ?? through;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function judgeBy(filter: LogFilter): (event: LogEvent) => boolean {
  const { since, until, type, cause, reference, actor, host } = filter;
  const [from, to] = [since, until].map((text) => (text === undefined ? undefined : Date.parse(text)));
  return (event) => {
    const at = Date.parse(event.published);
    if ((from !== undefined && at < from) || (to !== undefined && at >= to)) return false;
    if (actor !== undefined && event.actor.id !== actor && event.actor.name !== actor) return false;
    const wanted = { type, cause, reference, host };
    return Object.entries(wanted).every(([field, value]) => value === undefined || event[field as keyof typeof wanted] === value);
  };
}
