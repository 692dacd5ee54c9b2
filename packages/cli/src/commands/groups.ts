/** Commands for groups: members, groups in groups, and rules. */
import type { GroupDetailView, GroupMemberView, GroupView, SourceView } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";
import { findGroup, findUser } from "../resources.ts";

export function groupCommands(program: Command): void {
  const group = program.command("group").description("groups of users");
  orgCommand<CommonOptions & { description?: string }>(
    group,
    {
      name: "add <name>",
      does: "create a group",
      example: "sallyport group add admins",
      options: [["--description <text>", "what it is for"]],
    },
    async (org, options, name = "") => {
      const before = await namesake(org, name);
      if (before) throw new Complaint(`there is a group ${before.profile.name} already (${before.id}): sallyport group show ${name}`);
      const created = await org.send<GroupView>("POST", "/api/v1/groups", { profile: { name, description: options.description } });
      print(options.json, created, () => `group ${created.profile.name} (${created.id})`);
    },
  );
  orgCommand(group, { name: "list", does: "list groups", example: "sallyport group list" }, async (org, options) => {
    const groups = await org.list<GroupView>("/api/v1/groups?limit=200");
    const rows = groups.map((one) => [one.profile.name, one.source ?? "local", one.rule && ruleText(one.rule), one.id]);
    print(options.json, groups, () => table(["name", "source", "rule", "id"], rows, "no groups yet: sallyport group add NAME"));
  });
  orgCommand(
    group,
    {
      name: "show <name>",
      does: "one group: where it comes from, its rule, the groups in it, and everybody who is in it with the group that brings them there",
      example: "sallyport group show admins",
    },
    showGroup,
  );
  orgCommand(
    group,
    { name: "members <name>", does: "list everybody who is in a group, however deep", example: "sallyport group members admins" },
    async (org, options, name = "") => {
      const found = await findGroup(org, name);
      const members = await membersOf(org, found);
      print(options.json, members, () => memberTable(found, members));
    },
  );
  membershipCommands(group);
  nestingCommands(group);
  orgCommand<CommonOptions & { evenIfAssigned?: boolean }>(
    group,
    {
      name: "delete <name>",
      does: "delete a group; one that is assigned to apps only if told so",
      example: "sallyport group delete admins",
      options: [["--even-if-assigned", "with its assignments: who is assigned through it alone does not log on any more"]],
    },
    async (org, options, name = "") => {
      const found = await findGroup(org, name);
      await org.send("DELETE", `/api/v1/groups/${found.id}?unlessAssigned=${options.evenIfAssigned !== true}`);
      print(options.json, { deleted: found.id }, () => `group ${found.profile.name} is deleted`);
    },
  );
}

function membershipCommands(group: Command): void {
  for (const [step, method, done] of [
    ["join", "PUT", "is in"],
    ["leave", "DELETE", "is no longer in"],
  ] as const) {
    orgCommand(
      group,
      { name: `${step} <name> <login>`, does: `a user ${step}s a group`, example: `sallyport group ${step} admins alice` },
      async (org, options, name = "", login = "") => {
        const found = await findGroup(org, name);
        const user = await findUser(org, login);
        await org.send(method, `/api/v1/groups/${found.id}/users/${user.id}`);
        print(options.json, { group: found.id, user: user.id }, () => `${user.profile.login} ${done} ${found.profile.name}`);
      },
    );
  }
}

function nestingCommands(group: Command): void {
  for (const [step, does, method, done] of [
    ["nest", "put a group into a group: whoever is in the child is in the parent too", "PUT", "is in"],
    ["unnest", "take a group out of a group", "DELETE", "is no longer in"],
  ] as const) {
    orgCommand(
      group,
      { name: `${step} <parent> <child>`, does, example: `sallyport group ${step} staff admins` },
      async (org, options, parentName = "", childName = "") => {
        const [parent, child] = [await findGroup(org, parentName), await findGroup(org, childName)];
        await org.send(method, `/api/v1/groups/${parent.id}/groups/${child.id}`);
        print(options.json, { parent: parent.id, child: child.id }, () => `${child.profile.name} ${done} ${parent.profile.name}`);
      },
    );
  }
  orgCommand<CommonOptions & { clear?: boolean }>(
    group,
    {
      name: "rule <name> [rule]",
      does: "let a field of people's profiles choose who is in a group, such as department=Finance; or take the rule away",
      example: "sallyport group rule finance department=Finance",
      options: [["--clear", "take the rule away, and with it everybody whom it chose"]],
    },
    setRule,
  );
}

async function setRule(org: OrgClient, options: CommonOptions & { clear?: boolean }, name = "", text?: string): Promise<void> {
  if ((text === undefined) !== (options.clear === true)) throw new Complaint("give a rule such as department=Finance, or --clear");
  const found = await findGroup(org, name);
  const url = `/api/v1/groups/${found.id}/rule`;
  const now = text === undefined ? await org.send<GroupView>("DELETE", url) : await org.send<GroupView>("PUT", url, readRule(text));
  const [anybody] = await org.get<GroupMemberView[]>(`/api/v1/groups/${found.id}/users?limit=1`);
  print(options.json, now, () =>
    now.rule
      ? [
          `whoever has ${ruleText(now.rule)} is in ${now.profile.name}`,
          ...(anybody ? [] : ["nobody has it now: is it written as in the people's profiles? (sallyport user show LOGIN)"]),
        ]
      : `${now.profile.name} has no rule any more`,
  );
}

/** What stands behind the first equals sign is the value, with all further ones. */
function readRule(text: string): { attribute: string; value: string } {
  const at = text.indexOf("=");
  const [attribute, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at < 1 || attribute === "" || value === "") throw new Complaint(`${text} is no rule; one looks like department=Finance`);
  return { attribute, value };
}

async function namesake(org: OrgClient, name: string): Promise<GroupView | undefined> {
  return (await org.list<GroupView>("/api/v1/groups?limit=200")).find((one) => one.profile.name.toLowerCase() === name.toLowerCase());
}

/** A source that was removed keeps nothing any more. */
async function originText(org: OrgClient, { source, externalId }: GroupView): Promise<string> {
  if (source === null) return "made here";
  const sources = await org.list<SourceView>("/api/v1/sources?limit=200");
  return sources.some(({ name }) => name === source)
    ? `${source}, which alone changes its members (${externalId})`
    : `${source}, which was removed: its members are changed by hand (${externalId})`;
}

async function showGroup(org: OrgClient, options: CommonOptions, name = ""): Promise<void> {
  const { id } = await findGroup(org, name);
  const group = await org.get<GroupDetailView>(`/api/v1/groups/${id}`);
  const [members, origin] = [await membersOf(org, group), await originText(org, group)];
  print(options.json, { ...group, members }, () => [
    `${group.profile.name} (${group.id})${group.profile.description === null ? "" : `: ${group.profile.description}`}`,
    `source: ${origin}`,
    `rule: ${group.rule ? ruleText(group.rule) : "none"}`,
    `groups in it: ${group.groups.map((one) => one.name).join(", ") || "none"}`,
    "",
    ...memberTable(group, members),
  ]);
}

function membersOf(org: OrgClient, group: { id: string }): Promise<GroupMemberView[]> {
  return org.list<GroupMemberView>(`/api/v1/groups/${group.id}/users?limit=200`);
}

function memberTable(group: GroupView, members: GroupMemberView[]): string[] {
  const rows = members.map((user) => [user.profile.login, user.status, user.source, throughText(group, user), user.id]);
  return table(["login", "status", "source", "through", "id"], rows, "no members");
}

function throughText(group: GroupView, { through }: GroupMemberView): string {
  return through.map(({ id, name, by }) => (by === "rule" ? `rule of ${name}` : id === group.id ? "–" : name)).join(", ");
}

function ruleText({ attribute, value }: NonNullable<GroupView["rule"]>): string {
  return `${attribute}=${value}`;
}
