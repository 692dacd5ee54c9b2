/** An org that lives as long as the demo: asked over its admin socket, as scripts of administrators do. */
import { randomBytes } from "node:crypto";
import http from "node:http";
import { join } from "node:path";
import { Secret, TOTP } from "otpauth";
import type { Certificates } from "./certificates.ts";
import type { Processes } from "./processes.ts";

export interface Person {
  id: string;
  login: string;
  password: string;
  /** The code that the person's app shows now. */
  code(): string;
}

export interface Pair {
  id: string;
  secret: string;
}

export class Org {
  readonly data: string;
  url = "";

  constructor(folder: string) {
    this.data = join(folder, "org");
  }

  async start(processes: Processes, { chain, key }: Certificates): Promise<void> {
    const args = ["serve", "--data", this.data, "--listen", "127.0.0.1:0", "--tls-cert", chain, "--tls-key", key, "--log-level", "error"];
    const { said } = await processes.start(args, /The org is at \S+\n/);
    this.url = /The org is at (\S+)/.exec(said)?.[1] ?? "";
  }

  call<T = { id: string }>(method: string, path: string, body?: object): Promise<T> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = { host: "localhost", ...(payload === undefined ? {} : { "content-type": "application/json" }) };
    return new Promise((resolve, reject) => {
      const request = http.request({ socketPath: join(this.data, "admin.sock"), method, path, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.once("end", () => {
          if ((response.statusCode ?? 500) < 300) resolve((text === "" ? {} : JSON.parse(text)) as T);
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        });
      });
      request.once("error", reject).end(payload);
    });
  }

  app(label: string, legacy: boolean): Promise<{ id: string }> {
    return this.call("POST", "/api/v1/apps", { label, settings: { legacy } });
  }

  pair(app: string, name: string): Promise<Pair> {
    return this.call<Pair>("POST", "/api/v1/clients", { app, name, cap: 5 });
  }

  /** Somebody with a password and a second factor, assigned to the app. */
  async person(app: string, login: string): Promise<Person> {
    const password = randomBytes(12).toString("base64url");
    const credentials = { password: { value: password } };
    const { id } = await this.call("POST", "/api/v1/users?activate=true", { profile: { login }, credentials });
    const factor = await this.call<{ _embedded: { activation: { sharedSecret: string } } }>(
      "POST",
      `/api/v1/users/${id}/factors?activate=true`,
      { factorType: "token:software:totp", provider: "GOOGLE" },
    );
    const totp = new TOTP({ secret: Secret.fromBase32(factor._embedded.activation.sharedSecret) });
    await this.call("POST", `/api/v1/apps/${app}/users`, { id });
    return { id, login, password, code: () => totp.generate() };
  }
}
