/** The log's chain of this node: where it ends, and how the next event is joined to it (S21). */
import { CHAIN_START, hashEvent, type LogEvent, type LogHead } from "@sallyport/contracts";
import { newId } from "../flows/ids.ts";
import type { NewEvent } from "../flows/store-logons.ts";

/** What a unit of work sees of the chain. */
export type ChainEnd = Pick<Chain, "head" | "join">;

/** The end of the chain in memory. One process writes it; a rolled back unit puts it back with `head =`. */
export class Chain {
  head: LogHead;
  /** Where the chain ends on the disk: what is told to agents, who keep it, must not vanish with a commit that failed. */
  kept: LogHead;

  constructor(node: string, last: { seq: number; hash: string } | undefined) {
    this.head = { node, seq: last?.seq ?? 0, hash: last?.hash ?? CHAIN_START };
    this.kept = this.head;
  }

  /** For units that only read. */
  forReading(): ChainEnd {
    const refuse = () => {
      throw new Error("a unit that reads cannot append to the log");
    };
    return { head: this.kept, join: refuse };
  }

  /** Makes the next event; the caller stores it in the same unit of work. @param now epoch ms of the database's clock. */
  join(event: NewEvent, now: number): LogEvent {
    const { node, seq, hash: previous } = this.head;
    const { data, cause, reference, host, target, formerEmail: _, ...rest } = event;
    // Through JSON once, so that what is hashed is what a reader of the stored text hashes.
    const plain: Omit<LogEvent, "hash"> = JSON.parse(
      JSON.stringify({
        node,
        seq: seq + 1,
        id: newId("evt"),
        published: new Date(now).toISOString(),
        ...rest,
        target,
        cause,
        reference,
        host,
        data: data ?? {},
        previous,
      }),
    );
    const joined: LogEvent = { ...plain, hash: hashEvent(plain) };
    this.head = { node, seq: joined.seq, hash: joined.hash };
    return joined;
  }
}
