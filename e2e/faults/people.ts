/** Faults of one person's logon: what they type, what the org knows of them, and what the policy says. */

import type { Person } from "../machine/org.ts";
import type { Brought, Fault, Typed } from "./fault.ts";
import { codeOf, fine, type World } from "./world.ts";

type Change = (world: World, person: Person) => Promise<Brought>;
type Row = [name: string, root: Fault["root"], fix: Fault["fix"], bring: Change, more?: Partial<Fault>];

const STEP = 30_000;
const at = (person: Person, steps: number) => codeOf(person, new Date(Date.now() + steps * STEP));
const never = (person: Person) =>
  ["000000", "111111", "222222", "333333"].find((code) => ![-1, 0, 1, 2].some((n) => at(person, n) === code)) ?? "";

const types =
  (typed: (person: Person) => Typed): Change =>
  async (_world, person) => ({ typed: typed(person), repair: fine });

/** Three tries are all that a logon has. */
const codes = (code: (person: Person) => string): Change => types((person) => ({ codes: Array(3).fill(code(person)) }));
const spoilt =
  (change: Change): Change =>
  async (world, person) => ({ ...(await change(world, person)), another: true });

/** A step of the life of an account, and the one that takes it back. */
const lifecycle =
  (step: string, back: string): Change =>
  async ({ org }, { id }) => {
    await org.call("POST", `/api/v1/users/${id}/lifecycle/${step}`);
    return { repair: () => org.call("POST", `/api/v1/users/${id}/lifecycle/${back}`) };
  };

const policy =
  (document: (person: Person) => object): Change =>
  async ({ org, machine }, person) => {
    await org.setPolicy(machine.app, document(person));
    return { repair: () => org.setPolicy(machine.app, { rules: [] }) };
  };

async function unassigned({ org, machine }: World, { id }: Person): Promise<Brought> {
  await org.call("DELETE", `/api/v1/apps/${machine.app}/users/${id}`);
  return { repair: () => org.call("POST", `/api/v1/apps/${machine.app}/users`, { id }) };
}

/** A second directory brings in somebody of the same name, and both are assigned. */
async function twin({ org, machine }: World, { login }: Person): Promise<Brought> {
  const { id } = await org.call("POST", "/api/v1/users", { profile: { login }, source: "hr", externalId: login });
  await org.call("POST", `/api/v1/users/${id}/lifecycle/activate`);
  await org.call("POST", `/api/v1/apps/${machine.app}/users`, { id });
  return {
    repair: async () => {
      await org.call("POST", `/api/v1/users/${id}/lifecycle/deactivate`);
      await org.call("DELETE", `/api/v1/users/${id}`);
    },
  };
}

async function enrolled({ org }: World, person: Person): Promise<Brought> {
  return {
    typed: { codes: [] },
    repair: async () => {
      const factor = { factorType: "token:software:totp", provider: "GOOGLE" };
      const made = await org.call("POST", `/api/v1/users/${person.id}/factors?activate=true`, factor);
      Object.assign(person, { secret: made._embedded.activation.sharedSecret, factor: made.id });
    },
  };
}

/** Whoever was let in a moment ago types the same code once more. */
async function usedCode(world: World, person: Person): Promise<Brought> {
  const code = codeOf(person);
  await world.logOn("logon", person, { codes: [code] });
  return { typed: { codes: [code, code, code] }, repair: fine, another: true };
}

async function factorTakenAway({ org }: World, { id, factor }: Person): Promise<Brought> {
  await org.call("DELETE", `/api/v1/users/${id}/factors/${factor}`);
  return { repair: fine, another: true };
}

/** A zone that denies, at a terminal, where nobody comes from an address. */
async function zoneWithoutAddress(world: World, person: Person): Promise<Brought> {
  await world.org.call("PUT", "/api/v1/zones/abroad", { cidrs: ["198.51.100.0/24"] });
  return policy(() => ({ rules: [{ name: "Not from abroad", if: { zones: ["abroad"] }, then: "deny" }] }))(world, person);
}

const ROWS: Row[] = [
  [
    "the password is mistyped at the terminal",
    "user.password",
    "types the password again",
    types(({ password }) => ({ password: `${password}x` })),
    {},
  ],
  [
    "the password is mistyped at ssh",
    "user.password",
    "passwd USER",
    types(({ password }) => ({ password: `${password}x` })),
    { forms: ["ssh"] },
  ],
  ["a name that nobody has", "user.unknown", "sallyport user list", types(({ login }) => ({ name: `${login}zz` }))],
  [
    "the machine sends a name with the domain behind it",
    "user.name-shape",
    "user name rules",
    types(({ login }) => ({ name: `${login}@corp.story.test` })),
    { seen: "foundAs" },
  ],
  ["an administrator suspends the user", "user.suspended", "sallyport user unsuspend", lifecycle("suspend", "unsuspend")],
  ["an administrator deactivates the user", "user.deactivated", "sallyport user activate", lifecycle("deactivate", "activate")],
  ["two directories bring in the same name", "user.ambiguous", "sallyport user show", twin, { seen: "users" }],
  ["the assignment to the app is taken away", "app.not-assigned", "sallyport assign APP USER", unassigned],
  [
    "a rule of the policy denies",
    "policy.denies",
    "sallyport policy rehearse",
    policy(({ login }) => ({ rules: [{ name: "Nobody today", if: { users: [login] }, then: "deny" }] })),
    { seen: "Nobody today" },
  ],
  [
    "a zone denies and the address is not known",
    "address.unknown",
    "Do not use a zone in the rules",
    zoneWithoutAddress,
    { seen: "Not from abroad" },
  ],
  ["no factor is enrolled", "factor.none", "sallyport factor enrol USER totp", enrolled, { factor: false }],
  ["an administrator takes the factor away", "factor.locked", "sallyport factor reset USER totp", factorTakenAway],
  ["a wrong code, three times", "factor.code-wrong", "waits for the next code", spoilt(codes(never))],
  ["no digits where a code is due", "factor.code-malformed", "digits without anything else", spoilt(codes(() => "my phone"))],
  ["a code once more", "factor.code-used", "next code", usedCode],
  ["the phone's clock is four minutes slow", "clock.factor", "date and time on the phone", spoilt(codes((person) => at(person, -8)))],
  ["the person leaves before the code", "logon.cancelled", "connection that breaks off", types(() => ({ codes: [] }))],
];

/** What the org alone decides is seen before anybody logs on as well. */
const BEFORE_A_LOGON = new Set<Fault["root"]>([
  "user.unknown",
  "user.name-shape",
  "user.suspended",
  "user.deactivated",
  "user.ambiguous",
  "app.not-assigned",
  "policy.denies",
  "address.unknown",
  "factor.none",
]);

export const PEOPLE: Fault[] = ROWS.map(([name, root, fix, bring, more]) => ({
  name,
  forms: BEFORE_A_LOGON.has(root) ? ["user", "logon"] : ["logon"],
  root,
  fix,
  bring,
  ...more,
}));
