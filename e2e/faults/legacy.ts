/** A second machine, which signs with a shared secret as the other product's do: what can be typed wrongly there can be nowhere else. */
import { readFileSync, writeFileSync } from "node:fs";
import { ORG_URL } from "../machine/machine.ts";
import type { Person } from "../machine/org.ts";
import { COMMAND, Daemon, must, run, until } from "../machine/processes.ts";
import type { Brought, Fault } from "./fault.ts";
import type { World } from "./world.ts";

const STATE = "/var/lib/old01";

export class LegacyMachine {
  readonly app: string;
  #agent: Daemon | undefined;

  private constructor(app: string) {
    this.app = app;
  }

  /** Registered by URL, client id and client secret, as an installer types them. */
  static async register({ org }: World): Promise<LegacyMachine> {
    const { id: app } = await org.call("POST", "/api/v1/apps", { label: "old-servers", settings: { legacy: true } });
    const { id, secret } = await org.call("POST", "/api/v1/clients", { app, name: "old-image", cap: 5 });
    const values = ["--url", ORG_URL, "--client-id", id, "--ca-file", `${org.folder}/ca.pem`];
    must(process.execPath, [COMMAND, "host", "register", ...values, "--state", STATE, "--name", "old01", "--legacy"], `${secret}\n`);
    const machine = new LegacyMachine(app);
    await machine.start();
    must(process.execPath, [COMMAND, "agent", "arm", "--state", STATE]);
    return machine;
  }

  async start(): Promise<void> {
    await this.stop();
    this.#agent = new Daemon(process.execPath, [COMMAND, "agent", "run", "--state", STATE], "/run/story/old01.out");
    await this.#agent.said(/The agent listens/);
  }

  async stop(): Promise<void> {
    await this.#agent?.stop();
  }

  /** Answers the logon's reference. */
  async logOn(person: Person, code: string): Promise<string> {
    const args = [COMMAND, "logon", person.login, "--socket", `${STATE}/agent.sock`, "--json"];
    const done = await run(process.execPath, args, { input: `${[person.password, code].join("\n")}\n` });
    return until("the end of the logon", () => JSON.parse(done.stdout).reference);
  }
}

/** Arguments by which the doctor finds this machine's records. */
export const OF_LEGACY = ["--state", STATE];

const edited =
  (file: string, change: (text: string) => string): Fault["bring"] =>
  async (world): Promise<Brought> => {
    const machine = await world.legacy();
    const path = `${STATE}/${file}`;
    const before = readFileSync(path, "utf8");
    const after = change(before);
    if (after === before) throw new Error(`nothing changed in ${path}`);
    writeFileSync(path, after);
    await machine.start();
    return {
      repair: async () => {
        writeFileSync(path, before);
        await machine.start();
      },
    };
  };

const ROWS: [name: string, root: Fault["root"], fix: string, seen: string, bring: Fault["bring"]][] = [
  [
    "an A of the client id is Cyrillic, as copied from a mail",
    "client.id-mangled",
    "at that position",
    "U+0410",
    edited("agent.json", (text) => text.replace("SALLYID-", "S\u0410LLYID-")),
  ],
  [
    "a word processor puts smart quotes around the client secret",
    "client.secret-mangled",
    "on the host itself",
    "quote",
    edited("client.secret", (text) => `\u201c${text.trim()}\u201d\n`),
  ],
  [
    "a zero-width space gets into the client secret",
    "client.secret-mangled",
    "on the host itself",
    "zero-width",
    edited("client.secret", (text) => `${text.slice(0, 31)}\u200b${text.slice(31)}`),
  ],
  [
    "the last characters of the client secret are missing",
    "client.secret-mangled",
    "on the host itself",
    "something is missing",
    edited("client.secret", (text) => `${text.trim().slice(0, -6)}\n`),
  ],
];

/** That the machine is one of the old kind is itself a finding, which stays when the fault is gone. */
export const LEGACY: Fault[] = ROWS.map(([name, root, fix, seen, bring]) => ({
  name,
  forms: ["legacy"],
  root,
  fix,
  seen,
  beside: ["client.legacy"],
  bring,
}));
