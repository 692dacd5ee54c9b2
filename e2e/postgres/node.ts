/** One node of an org on PostgreSQL: `sallyport serve --database` as a process, asked over its admin socket. */
import { mkdirSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { callOrg } from "../machine/admin-socket.ts";
import { COMMAND, Daemon, run } from "../machine/processes.ts";
import { PATIENCE_S } from "./cluster.ts";

/** The one name of the org, whichever node a call reaches. */
export const ORG_URL = "http://localhost:18080";

export interface StoryPerson {
  id: string;
  login: string;
  secret: string;
}

export class Node {
  readonly folder: string;
  readonly port: number;
  /** URL of PostgreSQL; empty for SQLite in the folder. */
  readonly database: string;
  readonly #env: Record<string, string>;
  #daemon: Daemon | undefined;

  constructor(folder: string, port: number, database: string, env: Record<string, string> = {}) {
    this.folder = folder;
    this.port = port;
    this.database = database;
    this.#env = env;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  get pid(): number {
    return this.#daemon?.child.pid ?? 0;
  }

  /** What is common to all nodes. */
  static args(folder: string, port: number, sealingKey: string): string[] {
    const listen = ["--listen", `127.0.0.1:${port}`, "--url", ORG_URL];
    return [COMMAND, "serve", "--data", join(folder, "data"), "--sealing-key", sealingKey, ...listen];
  }

  /** The URL with its password goes by the environment, as an administrator would do it. */
  async start(sealingKey = join(this.folder, "../sealing.key")): Promise<void> {
    const args = ["--disable-warning=ExperimentalWarning", ...Node.args(this.folder, this.port, sealingKey), "--log-level", "info"];
    const env = { ...this.#env, ...(this.database === "" ? {} : { SALLYPORT_DATABASE: this.database }) };
    this.#daemon = new Daemon(process.execPath, args, join(this.folder, "log"), env);
    await this.#daemon.said(/The org is at/, PATIENCE_S);
  }

  said(pattern: RegExp, seconds?: number): Promise<void> {
    if (!this.#daemon) throw new Error("not started");
    return this.#daemon.said(pattern, seconds);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await this.#daemon?.stop(signal);
  }

  /** 200 or 503. */
  ready(): Promise<number> {
    return new Promise((resolve, reject) => {
      const request = http.get({ host: "127.0.0.1", port: this.port, path: "/readyz" }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on("error", reject);
    });
  }

  call(method: string, path: string, body?: unknown): Promise<any> {
    return callOrg(join(this.folder, "data"), method, path, body);
  }

  /** A user of the app with a TOTP factor. */
  async person(app: string, login: string): Promise<StoryPerson> {
    const { id } = await this.call("POST", "/api/v1/users?activate=true", { profile: { login } });
    await this.call("POST", `/api/v1/apps/${app}/users`, { id });
    const factor = await this.call("POST", `/api/v1/users/${id}/factors?activate=true`, {
      factorType: "token:software:totp",
      provider: "GOOGLE",
    });
    return { id, login, secret: factor._embedded.activation.sharedSecret };
  }

  command(...args: string[]) {
    return run(process.execPath, ["--disable-warning=ExperimentalWarning", COMMAND, ...args, "--data", join(this.folder, "data")], {
      timeout: PATIENCE_S * 1000,
    });
  }
}
