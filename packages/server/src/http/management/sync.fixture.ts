/** An org with a source whose directory is data, for tests: how it is synchronised, and what the org then has of it. */
import type { TestContext } from "node:test";
import { DataDirectory } from "../../flows/management/directory.fixture.ts";
import { type Answer, openOrg, type TestOrg } from "../org.fixture.ts";

export const SETTINGS = {
  kind: "ldap",
  servers: ["ldaps://directory.example.test"],
  bindDn: "cn=reader,dc=example,dc=test",
  base: "dc=example,dc=test",
};
export const SECRET = "reads, and nothing else";

export interface SyncedOrg {
  org: TestOrg;
  directory: DataDirectory;
  /** Begins a sync, waits for its end, and answers its run. */
  sync(body?: object): Promise<Answer["body"]>;
  preview(body?: object): Promise<Answer["body"]>;
}

export async function openSynced(t: TestContext, more: object = {}): Promise<SyncedOrg> {
  const directory = new DataDirectory();
  const org = await openOrg(t, { directory });
  const made = await org.call("admin", "POST", "/api/v1/sources", {
    name: "corp",
    kind: "ldap",
    settings: SETTINGS,
    secret: SECRET,
    ...more,
  });
  if (made.status !== 200) throw new Error(made.text);
  return {
    org,
    directory,
    async sync(body) {
      org.clock.now += 1000;
      const begun = await org.call("admin", "POST", "/api/v1/sources/corp/sync", body);
      if (begun.status !== 202) return begun;
      await org.deps.syncs.idle();
      return (await org.call("auditor", "GET", `/api/v1/sources/corp/runs/${begun.body.id}`)).body;
    },
    async preview(body) {
      return (await org.call("admin", "POST", "/api/v1/sources/corp/sync?dryRun=true", body)).body;
    },
  };
}

/** Login → status. */
export async function peopleOf({ store }: TestOrg): Promise<Record<string, string>> {
  const users = await store.read((tx) => tx.users.list({ limit: 1000 }));
  return Object.fromEntries(users.map(({ profile, status }) => [profile.login, status]));
}

/** Name → logins of its direct members and `[name]` of each group directly in it. */
export async function groupsOf({ store }: TestOrg): Promise<Record<string, string[]>> {
  return store.read(async (tx) => {
    const all: Record<string, string[]> = {};
    for (const { id, name } of await tx.groups.list({ limit: 1000 })) {
      const members: string[] = [];
      for (const member of await tx.groups.memberIds(id, { limit: 1000 })) members.push((await tx.users.byId(member))?.profile.login ?? "");
      const children = (await tx.groups.children(id)).map((child) => `[${child.name}]`);
      all[name] = [...members.sort(), ...children.sort()];
    }
    return all;
  });
}
