/** Connections that never asked anything end with the server: browsers keep spare ones open, and Node would wait a minute for each. */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

export function dropSpareSockets(app: FastifyInstance, tls: boolean): void {
  const server = app.server as Server;
  const spare = new Set<Socket>();
  let stopping = false;
  server.on(tls ? "secureConnection" : "connection", (socket: Socket) => {
    if (stopping) socket.destroy();
    else spare.add(socket);
    socket.once("close", () => spare.delete(socket));
  });
  // From its first request on a connection is idle or busy, which the server itself knows to tell apart.
  server.on("request", ({ socket }: IncomingMessage) => spare.delete(socket));
  app.addHook("preClose", async () => {
    stopping = true;
    for (const socket of spare) socket.destroy();
  });
}
