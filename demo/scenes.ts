/** What goes wrong in the demo, and how it is put right again: each changes only a file, a clock, what is typed, or data through the API. */
import type { Machine } from "./machine.ts";
import type { Org, Person } from "./org.ts";

/** `srv01`: for people's faults; `web01`: for its own settings and clock; `old01`: signs with the shared secret. */
export type MachineName = "srv01" | "web01" | "old01";

export interface Stage {
  org: Org;
  /** App of the machine. */
  app: string;
  machine: Machine;
  person: Person;
}

export interface Fault {
  /** What the person types instead of their password. */
  password?: string;
  repair(): Promise<unknown>;
}

export interface Scene {
  /** What `sallyport why` must name. */
  cause: string;
  machine: MachineName;
  /** A refusal, or a logon that happens and shows the finding. */
  expected: "refused" | "let in, with a finding";
  changed: string;
  bring(stage: Stage): Promise<Fault>;
}

/** Ahead by one hour: what a time zone taken for UTC looks like. */
const HOUR = 3_600_000;

export const SCENES: readonly Scene[] = [
  {
    cause: "user.password",
    machine: "srv01",
    expected: "refused",
    changed: "The person mistypes the password, three times.",
    bring: async ({ person }) => ({ password: `${person.password}x`, repair: async () => undefined }),
  },
  {
    cause: "client.id-mangled",
    machine: "old01",
    expected: "refused",
    changed: "In agent.json an A of the client id becomes a Cyrillic one, as copied from a mail.",
    bring: ({ machine }) => edited(machine, "agent.json", (text) => text.replace("SALLYID-", "S\u0410LLYID-")),
  },
  {
    cause: "client.secret-mangled",
    machine: "old01",
    expected: "refused",
    changed: "A word processor puts smart quotes around the client secret.",
    bring: ({ machine }) => edited(machine, "client.secret", (text) => `\u201c${text.trim()}\u201d\n`),
  },
  {
    cause: "client.secret-mangled",
    machine: "old01",
    expected: "refused",
    changed: "A zero-width space, which nobody sees, gets into the client secret.",
    bring: ({ machine }) => edited(machine, "client.secret", (text) => `${text.slice(0, 31)}\u200b${text.slice(31)}`),
  },
  {
    cause: "url.malformed",
    machine: "web01",
    expected: "refused",
    changed: "In agent.json somebody adds the sign-in path to the org's URL.",
    bring: ({ machine }) => edited(machine, "agent.json", (text) => text.replace(/("org": "[^"]*)/, "$1/login")),
  },
  {
    cause: "url.trailing-slash",
    machine: "web01",
    expected: "let in, with a finding",
    changed: "In agent.json the org's URL ends in a slash.",
    bring: ({ machine }) => edited(machine, "agent.json", (text) => text.replace(/("org": "[^"]*)/, "$1/")),
  },
  {
    cause: "app.not-assigned",
    machine: "srv01",
    expected: "refused",
    changed: "An administrator takes the person's assignment to the app away.",
    bring: async ({ org, app, person }) => {
      await org.call("DELETE", `/api/v1/apps/${app}/users/${person.id}`);
      return { repair: () => org.call("POST", `/api/v1/apps/${app}/users`, { id: person.id }) };
    },
  },
  {
    cause: "user.ambiguous",
    machine: "srv01",
    expected: "refused",
    changed: "A second directory brings in a user of the same name, and both are assigned.",
    bring: double,
  },
  {
    cause: "clock.host",
    machine: "web01",
    expected: "let in, with a finding",
    changed: "The machine's clock is an hour fast.",
    bring: ({ machine }) => skewed(machine),
  },
  {
    cause: "clock.host",
    machine: "old01",
    expected: "refused",
    changed: "The same clock on a machine that signs with a shared secret (legacy).",
    bring: ({ machine }) => skewed(machine),
  },
];

async function edited(machine: Machine, file: string, change: (text: string) => string): Promise<Fault> {
  return { repair: await machine.edit(file, change) };
}

async function skewed(machine: Machine): Promise<Fault> {
  await machine.start(HOUR);
  return { repair: () => machine.start() };
}

async function double({ org, app, person }: Stage): Promise<Fault> {
  const twin = { profile: { login: person.login }, source: "hr", externalId: person.login };
  const { id } = await org.call("POST", "/api/v1/users", twin);
  await org.call("POST", `/api/v1/users/${id}/lifecycle/activate`);
  await org.call("POST", `/api/v1/apps/${app}/users`, { id });
  return {
    repair: async () => {
      await org.call("POST", `/api/v1/users/${id}/lifecycle/deactivate`);
      await org.call("DELETE", `/api/v1/users/${id}`);
    },
  };
}
