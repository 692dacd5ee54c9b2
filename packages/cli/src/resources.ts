/** Finds what a person names: an app by its label, a user by login, a group by name; ids work everywhere. */
import type { AppView, ClientView, GroupView, HostView, UserView } from "@sallyport/contracts";
import { Complaint } from "./complaint.ts";
import type { OrgClient } from "./org-client.ts";

export async function findUser(org: OrgClient, name: string): Promise<UserView> {
  try {
    return await org.get<UserView>(`/api/v1/users/${encodeURIComponent(name)}`);
  } catch (error) {
    if (!(error instanceof Complaint) || error.details["code"] !== "E0000007") throw error;
    const near = await org.get<UserView[]>(`/api/v1/users?limit=5&q=${encodeURIComponent([...name].slice(0, 2).join(""))}`);
    const logins = near.map(({ profile }) => profile.login).join(", ");
    throw new Complaint(`there is no user ${name}${logins === "" ? "" : `; there are: ${logins}`} (sallyport user list)`, error.details);
  }
}

export async function findGroup(org: OrgClient, name: string): Promise<GroupView> {
  return only(await org.list<GroupView>("/api/v1/groups?limit=200"), name, "group", (group) => group.profile.name);
}

export async function findApp(org: OrgClient, name: string): Promise<AppView> {
  return only(await org.list<AppView>("/api/v1/apps?limit=200"), name, "app", (app) => app.label);
}

export async function findHost(org: OrgClient, name: string): Promise<HostView> {
  return only(await org.list<HostView>("/api/v1/hosts?limit=200"), name, "host", (host) => host.name);
}

export async function findClient(org: OrgClient, name: string): Promise<ClientView> {
  return only(await org.list<ClientView>("/api/v1/clients?limit=200"), name, "client", (client) => client.name);
}

export async function assignUser(org: OrgClient, app: AppView, user: { id: string }): Promise<void> {
  await org.send("POST", `/api/v1/apps/${app.id}/users`, { id: user.id });
}

function only<T extends { id: string }>(all: T[], name: string, kind: string, nameOf: (item: T) => string): T {
  const found = all.filter((item) => item.id === name || nameOf(item).toLowerCase() === name.toLowerCase());
  if (found.length === 1 && found[0]) return found[0];
  if (found.length > 1)
    throw new Complaint(`${found.length} ${kind}s are called ${name}; use the id: ${found.map((item) => item.id).join(", ")}`);
  const names = all.map(nameOf).slice(0, 10).join(", ");
  throw new Complaint(`there is no ${kind} ${name}${names === "" ? "" : `; there are: ${names}`}`);
}
