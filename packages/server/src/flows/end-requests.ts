/** Ends what waited for an answer, lets in or is to be sent, when the database went back in time: nobody knows what became of it since. */
import type { Tx } from "./store.ts";

/** How many of each were open. */
export interface Requests {
  challenges: number;
  tickets: number;
  sessions: number;
  outbox: number;
}

export async function endRequests({ restore, now }: Tx): Promise<Requests> {
  return {
    challenges: await restore.endChallenges(now),
    tickets: await restore.endTickets(now),
    sessions: await restore.endSessions(now),
    outbox: await restore.endOutbox(now),
  };
}
