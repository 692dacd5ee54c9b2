/** How the ways out of the org stand: what fails, since when, and how much waits. */
import type { FailingChannel } from "@sallyport/contracts";
import * as z from "zod";
import type { Store, Tx } from "./store.ts";
import type { OutboxRow } from "./store-requests.ts";

const channelFailureText = z.object({ since: z.int(), server: z.string(), error: z.string() });
/** `since`: epoch ms. No addresses in it. */
export type ChannelFailure = z.infer<typeof channelFailureText>;

const KINDS: readonly OutboxRow["kind"][] = ["mail", "webhook", "webpush"];

/** Under which fact of the org it stands that a kind of message does not go out. */
export const failureKey = (kind: OutboxRow["kind"]): string => `delivery-failing/${kind}`;

/** Under which fact it stands when it last went again, epoch ms. */
export const workedKey = (kind: OutboxRow["kind"]): string => `delivery-worked/${kind}`;

export async function channelFailure(tx: Tx, kind: OutboxRow["kind"]): Promise<ChannelFailure | undefined> {
  const text = await tx.secrets.meta(failureKey(kind));
  return text === undefined ? undefined : channelFailureText.parse(JSON.parse(text));
}

export interface ChannelStand {
  kind: OutboxRow["kind"];
  waiting: number;
  failure: ChannelFailure | undefined;
}

/** Each way out: also one that was never used. */
export function channelStands(store: Store): Promise<ChannelStand[]> {
  return store.read(standsIn);
}

export async function failingChannels(tx: Tx): Promise<FailingChannel[]> {
  return (await standsIn(tx)).flatMap(({ kind, waiting, failure }) =>
    failure ? [{ channel: kind, waiting, ...failure, since: new Date(failure.since).toISOString() }] : [],
  );
}

async function standsIn(tx: Tx): Promise<ChannelStand[]> {
  const waiting = await tx.outbox.waiting(tx.now);
  const stands: ChannelStand[] = [];
  for (const kind of KINDS) stands.push({ kind, waiting: waiting.get(kind) ?? 0, failure: await channelFailure(tx, kind) });
  return stands;
}
