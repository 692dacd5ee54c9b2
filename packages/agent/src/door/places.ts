/** Counts the connections of a door: own overload never opens anything. */
import type { Duplex } from "node:stream";
import { writeFrame } from "./frames.ts";

/** Hands on at most `connections` at a time; whoever comes beyond that gets one error frame. */
export function withPlaces<T extends unknown[]>(
  connections: number,
  onConnection: (connection: Duplex, ...more: T) => void,
): (connection: Duplex, ...more: T) => void {
  let open = 0;
  return (connection, ...more) => {
    connection.on("error", () => undefined);
    if (open >= connections) {
      connection.end(writeFrame({ error: { cause: "agent.fault", text: "The agent is overloaded." } }));
      connection.resume();
      return;
    }
    open += 1;
    connection.once("close", () => {
      open -= 1;
    });
    onConnection(connection, ...more);
  };
}
