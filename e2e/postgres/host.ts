/** A machine that speaks the host link itself, to whichever node it is told: enrolment, logon, code. */
import { randomBytes } from "node:crypto";
import http from "node:http";
import { type Enrolled, HostKey, question, readEnrolled } from "../machine/host-link.ts";

export interface Answered {
  status: number;
  body: any;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

/** POST of JSON; rejects only if no answer came. */
export function post(port: number, path: string, body: string, authorization: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), authorization };
    const request = http.request({ agent, host: "127.0.0.1", port, path, method: "POST", headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(parts).toString() || "{}") }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

export interface Opened {
  reference: string;
  stateToken: string;
  factor: string;
}

export class Host {
  readonly #orgUrl: string;
  readonly #key = new HostKey();
  #enrolled: Enrolled = { id: "", generation: "" };

  constructor(orgUrl: string) {
    this.#orgUrl = orgUrl;
  }

  /** By an enrolment code as an administrator got it. */
  async enrol(port: number, code: string): Promise<void> {
    const answer = await post(port, "/api/v1/hosts/enrol", this.#key.enrolment(code, "story"), "");
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    this.#enrolled = readEnrolled(answer.body);
  }

  /** The first question of a logon. */
  async ask(port: number, login: string): Promise<Answered & { reference: string }> {
    const asked = question(login);
    return { ...(await this.call(port, "/api/v1/authn/logon", JSON.stringify(asked))), reference: asked.reference };
  }

  /** Fails loudly if the logon does not open. */
  async open(port: number, login: string): Promise<Opened> {
    const { body, reference } = await this.ask(port, login);
    const factor = body._embedded?.factors?.[0]?.id;
    if (factor === undefined) throw new Error(JSON.stringify(body));
    return { reference, stateToken: body.stateToken, factor };
  }

  verify(port: number, opened: Opened, passCode: string, inputId = randomBytes(9).toString("base64url")): Promise<Answered> {
    const body = JSON.stringify({ stateToken: opened.stateToken, passCode, inputId });
    return this.call(port, `/api/v1/authn/factors/${opened.factor}/verify`, body);
  }

  call(port: number, path: string, body: string): Promise<Answered> {
    return post(port, path, body, this.#key.bearer(this.#enrolled, this.#orgUrl, body));
  }
}
