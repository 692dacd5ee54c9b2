/** Commands that run the org: serve for operators, start for a first look on this machine. */
import { readFileSync } from "node:fs";
import type { ServerHandle, ServerOptions } from "@sallyport/server";
import type { Command } from "commander";
import { type CommonOptions, plainCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { databaseOptions } from "../database-address.ts";
import { print } from "../output.ts";
import { startHere } from "../start-here.ts";
import { VERSION } from "../version.ts";
import { withServer } from "../with-server.ts";

interface ServeOptions extends CommonOptions {
  listen: string;
  url?: string;
  tlsCert?: string;
  tlsKey?: string;
  trustedProxy?: string;
  sealingKey?: string;
  database?: string;
  databasePasswordFile?: string;
  logLevel?: string;
}

export function serveCommand(program: Command): void {
  plainCommand(
    program,
    {
      name: "serve",
      does: "run the org server",
      example:
        "sallyport serve --data /var/lib/sallyport-org --listen 0.0.0.0:443 --url https://mfa.corp.example --tls-cert cert.pem --tls-key key.pem",
      options: [
        ["--data <folder>", "folder of the database, sealing key and admin socket (default: ./data)"],
        ["--database <url>", "PostgreSQL instead of a file, for several nodes: postgres://user@host/database (or set SALLYPORT_DATABASE)"],
        ["--database-password-file <file>", "file with the database user's password (or set PGPASSWORD)"],
        ["--listen <address:port>", "where to listen (default: 127.0.0.1:8080)"],
        ["--url <url>", "the org's URL as hosts and browsers see it"],
        ["--tls-cert <file>", "PEM certificate with its chain"],
        ["--tls-key <file>", "PEM private key"],
        ["--trusted-proxy <cidrs>", "proxies whose word on the client's address counts, separated by commas"],
        ["--sealing-key <file>", "key file for stored secrets (default: sealing.key in the data folder)"],
        ["--log-level <level>", "debug, info, warn, error (default: info)"],
      ],
    },
    async (options) => {
      const handle = await withServer((server) => server.startServer(serverOptions(options as unknown as ServeOptions)));
      print(options.json, { url: handle.url, adminSocket: handle.adminSocket, setUpLink: handle.setUpLink ?? null }, () => [
        `The org is at ${handle.url}`,
        ...(handle.setUpLink ? [`Set it up within 30 minutes: ${handle.setUpLink}`] : []),
      ]);
      await untilStopped(handle);
    },
  );
}

export function startCommand(program: Command): void {
  plainCommand(
    program,
    {
      name: "start",
      does: "a first look: the org on localhost and an agent for this machine, both under one folder",
      example: "npm start",
      options: [
        ["--data <folder>", "folder for everything (default: ./data)"],
        ["--listen <address:port>", "where to listen (default: 127.0.0.1:8080)"],
      ],
    },
    async (options) => {
      const serve = serverOptions({ ...(options as unknown as ServeOptions), logLevel: "warn" });
      const handle = await withServer((server) => server.startServer(serve));
      const agent = await startHere(handle, serve.data);
      await untilStopped(handle, agent.stop);
    },
  );
}

function serverOptions(options: Partial<ServeOptions>): ServerOptions {
  if ((options.tlsCert === undefined) !== (options.tlsKey === undefined)) throw new Complaint("--tls-cert and --tls-key go together");
  const tls = options.tlsCert && options.tlsKey ? { tls: { cert: readPem(options.tlsCert), key: readPem(options.tlsKey) } } : {};
  return {
    data: options.data ?? process.env["SALLYPORT_DATA"] ?? "./data",
    listen: options.listen ?? "127.0.0.1:8080",
    version: VERSION,
    trustedProxies: options.trustedProxy?.split(",").map((text) => text.trim()) ?? [],
    logLevel: options.logLevel ?? "info",
    ...(options.url === undefined ? {} : { url: options.url }),
    ...(options.sealingKey === undefined ? {} : { sealingKey: options.sealingKey }),
    ...databaseOptions(options),
    ...tls,
  };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Complaint(`${file}: ${(error as Error).message}`);
  }
}

/** Ends in order on SIGINT or SIGTERM: no new calls, open ones are answered, then the database is closed. */
async function untilStopped(handle: ServerHandle, first?: () => Promise<void>): Promise<void> {
  const signal = await new Promise<string>((resolve) => {
    process.once("SIGTERM", () => resolve("SIGTERM"));
    process.once("SIGINT", () => resolve("SIGINT"));
  });
  await first?.();
  await handle.close(signal);
}
