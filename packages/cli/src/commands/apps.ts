/** Commands for what is protected: app, assign, unassign, zone, policy. */
import { type AppView, type NameRule, type PolicyDocument, policyDocument, readRules, ruleText, type Zone } from "@sallyport/contracts";
import { readStrictJson } from "@sallyport/settings";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";
import { readText } from "../read-text.ts";
import { assignUser, findApp, findGroup, findUser } from "../resources.ts";
import { rehearseCommand } from "./rehearse.ts";

export function appCommands(program: Command): void {
  const app = program.command("app").description("protected things: machines of one kind, with assignments and a policy");
  orgCommand<CommonOptions & { names?: string }>(
    app,
    {
      name: "add <label>",
      does: "create an app",
      example: "sallyport app add servers",
      options: [["--names <rules>", "how typed names find users, in order, such as login,prefix:adm-:samAccountName"]],
    },
    async (org, options, label = "") => {
      const settings = options.names ? { settings: { nameRules: rulesOf(options.names) } } : {};
      const created = await org.send<AppView>("POST", "/api/v1/apps", { label, ...settings });
      print(options.json, created, () => `app ${created.label} (${created.id})`);
    },
  );
  orgCommand(app, { name: "list", does: "list apps", example: "sallyport app list" }, async (org, options) => {
    const apps = await org.list<AppView>("/api/v1/apps?limit=200");
    print(options.json, apps, () =>
      table(
        ["label", "status", "findings", "id"],
        apps.map((a) => [a.label, a.status, a.findings.map((f) => f.cause).join(" "), a.id]),
        "no apps yet: sallyport app add NAME",
      ),
    );
  });
  orgCommand(app, { name: "show <label>", does: "show an app and who is assigned", example: "sallyport app show servers" }, showApp);
  orgCommand(
    app,
    { name: "delete <label>", does: "delete an app that no host belongs to", example: "sallyport app delete servers" },
    async (org, options, label = "") => {
      const found = await findApp(org, label);
      await org.send("DELETE", `/api/v1/apps/${found.id}`);
      print(options.json, { deleted: found.id }, () => `app ${found.label} is deleted`);
    },
  );
  orgCommand(
    app,
    {
      name: "legacy <label> <state>",
      does: "let machines of an app sign with a shared client secret (on), or only with keys of their own (off)",
      example: "sallyport app legacy servers off",
    },
    async (org, options, label = "", state = "") => {
      if (state !== "on" && state !== "off") throw new Complaint(`legacy is on or off, not ${state}`);
      const found = await findApp(org, label);
      const done = await org.send<AppView>("PUT", `/api/v1/apps/${found.id}`, { settings: { legacy: state === "on" } });
      print(options.json, done, () => legacyLine(done));
    },
  );
  orgCommand(
    app,
    {
      name: "names <label> <rules>",
      does: "by which rules, in order, typed names find users",
      example: "sallyport app names servers login,userPrincipalName,samAccountName",
    },
    async (org, options, label = "", rules = "") => {
      const found = await findApp(org, label);
      const done = await org.send<AppView>("PUT", `/api/v1/apps/${found.id}`, { settings: { nameRules: rulesOf(rules) } });
      print(options.json, done, () => `${done.label}: names are looked for by ${done.settings.nameRules.map(ruleText).join(", then ")}`);
    },
  );
  assignCommands(program);
}

/** Before anything is sent, so that a rule that cannot be read is named by its place. */
function rulesOf(text: string): NameRule[] {
  const read = readRules(text);
  if (!read.ok) throw new Complaint(read.complaint);
  return read.rules;
}

function legacyLine({ label, settings }: AppView): string {
  if (!settings.legacy) return `${label}: only machines with a key of their own`;
  return `${label}: FINDING client.legacy — machines may sign with a shared secret; whoever has it can act as each of them`;
}

async function showApp(org: OrgClient, options: CommonOptions, label = ""): Promise<void> {
  const found = await findApp(org, label);
  const users = await org.list<{ id: string; login?: string }>(`/api/v1/apps/${found.id}/users?limit=200`);
  const groups = await org.list<{ id: string; login?: string; name?: string }>(`/api/v1/apps/${found.id}/groups?limit=200`);
  print(options.json, { ...found, users, groups }, () => [
    `${found.label}  ${found.status}  ${found.id}`,
    ...(found.settings.legacy ? [legacyLine(found)] : []),
    `names: ${found.settings.nameRules.map(ruleText).join(", ")}`,
    `users: ${users.map((u) => u.login ?? u.id).join(", ") || "none"}`,
    `groups: ${groups.map((g) => g.login ?? g.name ?? g.id).join(", ") || "none"}`,
  ]);
}

function assignCommands(program: Command): void {
  for (const [name, method] of [
    ["assign", "add"],
    ["unassign", "remove"],
  ] as const) {
    orgCommand<CommonOptions & { group?: boolean }>(
      program,
      {
        name: `${name} <app> <who>`,
        does: name === "assign" ? "let a user (or with --group a group) log on to an app's machines" : "take an assignment away",
        example: `sallyport ${name} servers alice`,
        options: [["--group", "<who> is a group"]],
      },
      async (org, options, label = "", who = "") => {
        const app = await findApp(org, label);
        const path = `/api/v1/apps/${app.id}/${options.group ? "groups" : "users"}`;
        const target = options.group ? await findGroup(org, who) : await findUser(org, who);
        if (method === "remove") await org.send("DELETE", `${path}/${target.id}`);
        else if (options.group) await org.send("PUT", `${path}/${target.id}`, {});
        else await assignUser(org, app, target);
        print(
          options.json,
          { app: app.id, assigned: target.id },
          () => `${who} is ${method === "add" ? "assigned to" : "no longer assigned to"} ${app.label}`,
        );
      },
    );
  }
}

export function zoneCommands(program: Command): void {
  const zone = program.command("zone").description("networks that policy rules name");
  orgCommand(
    zone,
    { name: "set <name> <cidrs...>", does: "create or replace a zone", example: "sallyport zone set office 203.0.113.0/24 2001:db8::/32" },
    async (org, options, name = "", ...cidrs) => {
      const done = await org.send<Zone>("PUT", `/api/v1/zones/${encodeURIComponent(name)}`, { cidrs });
      print(options.json, done, () => `zone ${name}: ${cidrs.join(", ")}`);
    },
  );
  orgCommand(zone, { name: "list", does: "list zones", example: "sallyport zone list" }, async (org, options) => {
    const zones = await org.list<Zone>("/api/v1/zones");
    print(options.json, zones, () =>
      table(
        ["name", "networks"],
        zones.map((z) => [z.name, z.cidrs.join(", ")]),
        "no zones yet: sallyport zone set NAME CIDR…",
      ),
    );
  });
  orgCommand(
    zone,
    { name: "delete <name>", does: "delete a zone", example: "sallyport zone delete office" },
    async (org, options, name = "") => {
      await org.send("DELETE", `/api/v1/zones/${encodeURIComponent(name)}`);
      print(options.json, { deleted: name }, () => `zone ${name} is deleted`);
    },
  );
}

interface PolicyAnswer {
  app: string;
  version: number;
  document: PolicyDocument;
}

export function policyCommands(program: Command): void {
  const policy = program.command("policy").description("who is asked for a factor, where and when");
  orgCommand<CommonOptions & { app: string }>(
    policy,
    {
      name: "show",
      does: "print an app's policy document",
      example: "sallyport policy show --app servers > policy.json",
      required: [["--app <label>", "the app"]],
    },
    async (org, options) => {
      const found = await org.get<PolicyAnswer>(`/api/v1/apps/${(await findApp(org, options.app)).id}/policy`);
      print(options.json, found, () => JSON.stringify(found.document, null, 2));
    },
  );
  orgCommand<CommonOptions & { app: string }>(
    policy,
    {
      name: "set <file>",
      does: "replace an app's policy by a document",
      example: "sallyport policy set policy.json --app servers",
      required: [["--app <label>", "the app"]],
    },
    setPolicy,
  );
  rehearseCommand(policy);
}

async function setPolicy(org: OrgClient, options: CommonOptions & { app: string }, file = ""): Promise<void> {
  const text = readText(file);
  const read = readStrictJson(text, policyDocument, { file });
  if (!read.ok) throw new Complaint(read.complaints.map((c) => `${file}:${c.line}:${c.column}: ${c.message}`).join("\n"));
  const app = await findApp(org, options.app);
  const { version } = await org.get<PolicyAnswer>(`/api/v1/apps/${app.id}/policy`);
  const done = await org.send<PolicyAnswer>("PUT", `/api/v1/apps/${app.id}/policy`, { version, document: read.value });
  print(
    options.json,
    done,
    () => `the policy of ${app.label} is now version ${done.version}; hosts take it at their next self-check (at most 5 minutes)`,
  );
}
