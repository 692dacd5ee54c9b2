/** Loads the server only for a command that needs it: every other one would start twice as slowly with all of it in it. */
import { Complaint } from "./complaint.ts";

type Server = typeof import("@sallyport/server");

/** What the server refuses is one sentence with its cause. */
export async function withServer<T>(work: (server: Server) => T | Promise<T>): Promise<T> {
  const server = await import("@sallyport/server");
  try {
    return await work(server);
  } catch (error) {
    if (error instanceof server.ServerRefused) throw new Complaint(error.message, { cause: error.causeId });
    throw error;
  }
}
