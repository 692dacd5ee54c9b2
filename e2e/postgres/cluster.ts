/** A real PostgreSQL for a story: made, started and stopped as the user postgres, on a port of its own on loopback. */
import { appendFileSync, chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Daemon, must, until } from "../machine/processes.ts";

const BIN = "/usr/lib/postgresql/15/bin";
/** A machine that is busy with other things must not fail a story. */
export const PATIENCE_S = 90;
export const PASSWORD = "correct horse: battery/staple%";

/** Runs a program of PostgreSQL as its own user: it refuses root. */
export const asPostgres = (program: string, ...args: string[]) => must("runuser", ["-u", "postgres", "--", join(BIN, program), ...args]);

export class Cluster {
  readonly folder: string;
  readonly port: number;
  #daemon: Daemon | undefined;

  constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  get data(): string {
    return join(this.folder, "data");
  }

  /** A new cluster: the socket trusts, the network asks for the password. */
  static async make(folder: string, port: number): Promise<Cluster> {
    const cluster = new Cluster(folder, port);
    cluster.#ownFolder();
    const secret = join(folder, "password");
    writeFileSync(secret, PASSWORD);
    asPostgres(
      "initdb",
      "-D",
      cluster.data,
      "--auth-local=trust",
      "--auth-host=scram-sha-256",
      `--pwfile=${secret}`,
      "-E",
      "UTF8",
      "--locale=C.UTF-8",
    );
    cluster.configure("max_connections = 200\nwal_level = replica\nautovacuum_naptime = 5s\n");
    await cluster.start();
    return cluster;
  }

  /** A second server with a copy of the first one's data that follows it. */
  async standby(folder: string, port: number): Promise<Cluster> {
    const other = new Cluster(folder, port);
    other.#ownFolder();
    asPostgres("pg_basebackup", "-h", this.folder, "-p", `${this.port}`, "-D", other.data, "-R", "--checkpoint=fast");
    other.configure("");
    await other.start();
    return other;
  }

  #ownFolder(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o755 });
    const [, , uid, gid] = (readFileSync("/etc/passwd", "utf8").match(/^postgres:.*$/m)?.[0] ?? "").split(":").map(Number);
    chownSync(this.folder, uid ?? 0, gid ?? 0);
  }

  /** Later lines win. */
  configure(lines: string): void {
    const own = `listen_addresses = '127.0.0.1'\nport = ${this.port}\nunix_socket_directories = '${this.folder}'\n`;
    appendFileSync(join(this.data, "postgresql.conf"), own + lines);
  }

  async start(): Promise<void> {
    const args = ["-u", "postgres", "--", join(BIN, "postgres"), "-D", this.data];
    this.#daemon = new Daemon("runuser", args, join(this.folder, "log"));
    await this.#daemon.said(/database system is ready to accept (read-only )?connections/, PATIENCE_S);
  }

  /** By the postmaster's own pid. SIGINT: fast; SIGQUIT: at once, as a power cut. */
  async stop(signal: "SIGINT" | "SIGQUIT" = "SIGINT"): Promise<void> {
    const pid = Number(readFileSync(join(this.data, "postmaster.pid"), "utf8").split("\n")[0]);
    process.kill(pid, signal);
    await until("the database ends", () => !this.#daemon || this.#daemon.child.exitCode !== null || undefined, PATIENCE_S);
  }

  promote(): void {
    asPostgres("pg_ctl", "promote", "-D", this.data, "-w");
  }

  /** Answers what psql prints, without headings. */
  sql(statement: string, database = "postgres"): string {
    return asPostgres("psql", "-h", this.folder, "-p", `${this.port}`, "-U", "postgres", "-d", database, "-XAtqc", statement).trim();
  }

  /** Over the network, with the password. */
  url(database: string, user = "postgres", password = PASSWORD): string {
    return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/${database}`;
  }
}
