/** S29, through the real flows on a real store: whatever comes and is decided, a name means one person, and nobody who was found is lost to a newcomer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type NameRule, readRules, type UserProfile } from "@sallyport/contracts";
import { resolveUser } from "@sallyport/logon";
import fc from "fast-check";
import { resolveName } from "../src/flows/host-link/resolve-name.ts";
import type { DuplicateRow } from "../src/flows/store-sources.ts";
import { openOrg, type TestOrg } from "../src/http/org.fixture.ts";

const DOMAINS = ["CORP", "corp.test", "old-corp", "LAB", "lab.test"];
const SHORT = ["ann", "Bo", "adm-ann", "cy"];
const SOURCES = ["local", "hr", "ad-corp", "ad-lab"];

const short = fc.constantFrom(...SHORT);
const domain = fc.constantFrom(...DOMAINS);
const principal = fc.tuple(short, fc.constantFrom("corp.test", "lab.test", "x.test")).map(([name, at]) => `${name}@${at}`);
const profile = fc.record(
  { login: fc.oneof(short, principal), email: principal, samAccountName: short, domain, userPrincipalName: principal },
  { requiredKeys: ["login"] },
);
const nth = fc.nat(7);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("create" as const), source: fc.constantFrom(...SOURCES), profile }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("rename" as const), user: nth, profile }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("decide" as const),
      finding: nth,
      how: fc.constantFrom("keep", "link", "exclude"),
      second: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("undo" as const), finding: nth }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("activate" as const), user: nth }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("deactivate" as const), user: nth }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("unassign" as const), user: nth, app: fc.nat(1) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface World {
  org: TestOrg;
  apps: string[];
  mark: string;
  users: string[];
  /** Users whom a plain activation let out of being held back: from then on their names may be ambiguous, as docs/names.md says. */
  forced: boolean;
}

/** The same few names in each run, and none of another run's. */
const marked = (text: string, mark: string) => text.replace(/ann|bo|cy/i, (name) => `${name}${mark}`);
const own = (given: UserProfile, mark: string) =>
  Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, key === "domain" ? value : marked(String(value), mark)]),
  ) as UserProfile;

async function take(world: World, one: Step): Promise<{ kind: Step["do"]; touched: string[] }> {
  const { org, users, mark, apps } = world;
  const post = (url: string, body: unknown = {}) => org.call("owner", "POST", url, body);
  const some = (at: number) => users[at % Math.max(users.length, 1)];
  if (one.do === "create") {
    const made = await post("/api/v1/users?activate=true", {
      source: one.source,
      externalId: `${mark}-${users.length}`,
      profile: own(one.profile, mark),
    });
    if (made.status !== 200) return { kind: "create", touched: [] };
    users.push(made.body.id);
    for (const app of apps) await post(`/api/v1/apps/${app}/users`, { id: made.body.id });
    return { kind: "create", touched: [made.body.id] };
  }
  if (one.do === "decide" || one.do === "undo") {
    const all = await duplicatesOf(world);
    const row = all[one.finding % Math.max(all.length, 1)];
    if (!row) return { kind: one.do, touched: [] };
    const ids = row.userIds;
    if (one.do === "undo") await post(`/api/v1/duplicates/${row.id}/undo`);
    else {
      const named = ids[one.second ? 1 : 0];
      const body = one.how === "link" ? { primary: named } : one.how === "exclude" ? { user: named } : {};
      await post(`/api/v1/duplicates/${row.id}/decide`, { decision: one.how, ...body });
      if (one.how === "keep") return { kind: "decide", touched: [] };
      if (one.how === "exclude") return { kind: "decide", touched: [named as string] };
    }
    return { kind: one.do, touched: one.do === "undo" ? ids : [] };
  }
  const user = some(one.user);
  if (user === undefined) return { kind: one.do, touched: [] };
  const { linkedTo } = (await org.call("owner", "GET", `/api/v1/users/${user}`)).body;
  if (one.do === "rename") await post(`/api/v1/users/${user}`, { profile: own(one.profile, mark) });
  if (one.do === "activate") {
    const before = (await org.call("owner", "GET", `/api/v1/users/${user}`)).body.status;
    if ((await post(`/api/v1/users/${user}/lifecycle/activate`)).status === 200 && before !== "ACTIVE") world.forced = true;
  }
  if (one.do === "deactivate") await post(`/api/v1/users/${user}/lifecycle/deactivate`);
  if (one.do === "unassign") await org.call("owner", "DELETE", `/api/v1/apps/${apps[one.app]}/users/${user}`);
  return { kind: one.do, touched: linkedTo ? [user, linkedTo] : [user] };
}

async function duplicatesOf({ org, users }: World): Promise<DuplicateRow[]> {
  const rows = await org.store.read(async (tx) => (await Promise.all(users.map((id) => tx.duplicates.ofUser(id)))).flat());
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

const TYPED = [
  ...SHORT.map((username) => ({ username })),
  ...SHORT.flatMap((name) => ["CORP", "old-corp", "lab.test"].map((at) => ({ username: `${at}\\${name}` }))),
  ...SHORT.flatMap((name) => ["corp.test", "x.test"].map((at) => ({ username: `${name}@${at}` }))),
];

/** Every name that may be typed, at two apps, at machines of two domains and of none. */
async function resolveAll({ org, apps, mark }: World): Promise<Map<string, string>> {
  return org.store.read(async (tx) => {
    const answers = new Map<string, string>();
    for (const id of apps) {
      const app = await tx.apps.byId(id);
      assert.ok(app);
      for (const { username } of TYPED) {
        for (const hostDomain of [null, "LAB"]) {
          const host = { id: "", name: "", domain: hostDomain };
          const { steps, holders, assigned, resolution } = await resolveName(tx, app, host, { username: marked(username, mark) });
          const links = new Map(holders.flatMap((one) => ("linkedTo" in one && one.linkedTo ? [[one.userId, String(one.linkedTo)]] : [])));
          assert.deepEqual(resolveUser(steps, holders.toReversed(), assigned, links), resolution, "the order of rows decides nothing");
          const person = resolution.kind === "found" ? (links.get(resolution.userId) ?? resolution.userId) : "";
          answers.set(`${id} ${hostDomain} ${username}`, resolution.kind === "found" ? person : `(${resolution.kind})`);
        }
      }
    }
    return answers;
  });
}

function rulesOf(text: string): NameRule[] {
  const read = readRules(text);
  assert.ok(read.ok);
  return read.rules;
}

test("a name means one person, whoever comes and whatever is decided", async (t) => {
  const org = await openOrg(t);
  await org.call("owner", "PUT", "/api/v1/domains/corp.test", { netbios: "CORP", aliases: ["old-corp"] });
  await org.call("owner", "PUT", "/api/v1/domains/lab.test", { netbios: "LAB" });
  const apps: string[] = [];
  for (const rules of [
    "login,userPrincipalName,email,samAccountName,domain-sam,email-local-part",
    "prefix:adm-:samAccountName,domain-sam,map:CORP\\{name}={name}@x.test:userPrincipalName,samAccountName,login",
  ]) {
    const made = await org.call("owner", "POST", "/api/v1/apps", { label: `app ${apps.length}`, settings: { nameRules: rulesOf(rules) } });
    apps.push(made.body.id);
  }
  let runs = 0;
  const seen = { found: 0, held: 0, decided: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 14 }), async (steps) => {
      runs += 1;
      const world: World = { org, apps, mark: `q${runs}z`, users: [], forced: false };
      let before = await resolveAll(world);
      for (const one of steps) {
        const { kind, touched } = await take(world, one);
        const after = await resolveAll(world);
        for (const [name, person] of after) {
          seen.found += person.startsWith("(") ? 0 : 1;
          if (!world.forced) assert.notEqual(person, "(ambiguous)", `${name} after ${kind}`);
          const was = before.get(name) as string;
          if (was.startsWith("(") || touched.includes(was) || kind === "unassign") continue;
          if (kind === "activate") assert.ok([was, "(ambiguous)"].includes(person), `${name}: ${was} became ${person} after activate`);
          else if (kind === "decide" && (one as { how?: string }).how === "link") {
            // One person now: whoever answered still answers, under either id.
            const linked = (await org.call("owner", "GET", `/api/v1/users/${was}`)).body.linkedTo ?? was;
            assert.ok([was, linked].includes(person), `${name}: ${was} became ${person} after a link`);
          } else assert.equal(person, was, `${name} after ${kind} ${JSON.stringify(one)}`);
        }
        before = after;
      }
      for (const { status } of await duplicatesOf(world)) {
        seen.held += status === "open" ? 1 : 0;
        seen.decided += status === "decided" ? 1 : 0;
      }
    }),
    { numRuns: 40 },
  );
  assert.ok(seen.found > 500 && seen.held > 5 && seen.decided > 2, JSON.stringify(seen));
  t.diagnostic(JSON.stringify(seen));
});
