/** What sends messages of one kind, and what came of one. */
import type { OutboxRow } from "../flows/store-requests.ts";

/** A message as its deliverer gets it. */
export interface Letter {
  /** Of its row in the outbox: the same at each try. */
  id: string;
  about: string;
  /** What was sealed, as `putOut` got it; each kind checks it by a schema of its own. */
  payload: unknown;
  /** From 1. */
  tries: number;
  /** Epoch ms, by the database's clock, as `expires`. */
  created: number;
  expires: number;
}

export interface DeliveryFault {
  /** Name and port of who was asked. */
  server: string;
  /** One sentence that ends without a full stop. No address of a person, no number, no code: it stands in the log. */
  error: string;
  /** True: nothing goes out this way (cause `org.delivery`). False: it is this one message. */
  channel: boolean;
}

export type Sent =
  | { kind: "sent"; server: string }
  /** It goes again, more and more seldom, until its time is over. */
  | { kind: "later"; fault: DeliveryFault }
  /** It would be refused again: it is given up. */
  | { kind: "never"; fault: DeliveryFault };

/** One kind of message. Nothing of it may be logged but `DeliveryFault`. */
export interface Deliverer {
  /**
   * Sends one, outside of any unit of work. A throw counts as *later*, with no more said than that the org failed.
   * @param signal aborted when its time (`SEND_MS`) is over or the server stops; then it must end soon.
   */
  send(letter: Letter, signal: AbortSignal): Promise<Sent>;
}

/** How each kind is sent; a kind that is missing waits. */
export type Deliverers = Partial<Record<OutboxRow["kind"], Deliverer>>;
