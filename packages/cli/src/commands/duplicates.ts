/** Commands for names that several have: duplicate (list, show, decide, undo) and domain. */
import type { DomainView, DuplicateCheckView, DuplicateView } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { print, table } from "../output.ts";

export function duplicateCommands(program: Command): void {
  const duplicate = program.command("duplicate").description("two users with one name: who they are is an administrator's decision");
  orgCommand<CommonOptions & { all?: boolean }>(
    duplicate,
    {
      name: "list",
      does: "what waits for a decision",
      example: "sallyport duplicate list",
      options: [["--all", "also what was decided, and what is no longer true"]],
    },
    async (org, options) => {
      const rows = await org.list<DuplicateView>(`/api/v1/duplicates?limit=200${options.all ? "" : "&status=open"}`);
      const cells = rows.map((row) => [row.id, row.status, `${row.kind} ${row.name}`, row.users.map(shortOf).join(" and ")]);
      print(options.json, rows, () => table(["id", "status", "name", "users"], cells, "no two users share a name"));
    },
  );
  orgCommand(
    duplicate,
    { name: "show <id>", does: "one of them, with what may be decided", example: "sallyport duplicate show dup_…" },
    async (org, options, id = "") => {
      const row = await org.get<DuplicateView>(`/api/v1/duplicates/${encodeURIComponent(id)}`);
      print(options.json, row, () => story(row));
    },
  );
  orgCommand<CommonOptions & { keep?: boolean; link?: boolean; exclude?: string; primary?: string }>(
    duplicate,
    {
      name: "decide <id>",
      does: "say who they are: --keep, --link or --exclude USER",
      example: "sallyport duplicate decide dup_… --keep",
      options: [
        ["--keep", "both stay: the newcomer may log on, but never by a name that somebody else has"],
        ["--link", "both are one person: factors count for both"],
        ["--primary <user>", "with --link: id of the user who comes first (default: who was here first)"],
        ["--exclude <user>", "id of the user who is deactivated, and not brought back by any source"],
      ],
    },
    async (org, options, id = "") => {
      const done = await org.send<DuplicateView>("POST", `/api/v1/duplicates/${encodeURIComponent(id)}/decide`, decisionOf(options));
      print(options.json, done, () => story(done));
    },
  );
  orgCommand(
    duplicate,
    { name: "check", does: "look over all users now, and not only at the next full hour", example: "sallyport duplicate check" },
    async (org, options) => {
      const done = await org.send<DuplicateCheckView>("POST", "/api/v1/duplicates/check");
      const { users, found, gone, open, milliseconds } = done;
      print(options.json, done, () => `${users} users in ${milliseconds} ms: ${found} new, ${gone} no longer true, ${open} to decide`);
    },
  );
  orgCommand(
    duplicate,
    {
      name: "undo <id>",
      does: "take a decision back: whoever was held back is held back again",
      example: "sallyport duplicate undo dup_…",
    },
    async (org, options, id = "") => {
      const done = await org.send<DuplicateView>("POST", `/api/v1/duplicates/${encodeURIComponent(id)}/undo`);
      print(options.json, done, () => story(done));
    },
  );
}

function decisionOf({ keep, link, exclude, primary }: { keep?: boolean; link?: boolean; exclude?: string; primary?: string }): object {
  const said = [keep === true, link === true, exclude !== undefined].filter(Boolean).length;
  if (said !== 1) throw new Complaint("say one of --keep, --link and --exclude USER");
  if (primary !== undefined && !link) throw new Complaint("--primary belongs to --link");
  if (exclude !== undefined) return { decision: "exclude", user: exclude };
  return link ? { decision: "link", ...(primary === undefined ? {} : { primary }) } : { decision: "keep" };
}

const shortOf = ({ login, source, status }: DuplicateView["users"][number]) => `${login} (${source}, ${status})`;

function story(row: DuplicateView): string[] {
  const written = (one: DuplicateView["users"][number]) => (one.written === null ? "" : `, written ${one.written}`);
  const linked = (one: DuplicateView["users"][number]) => (one.linkedTo === null ? "" : `, linked to ${one.linkedTo}`);
  return [
    `${row.id}  ${row.status}  ${row.kind} ${row.name}`,
    ...row.users.map((one) => `  ${one.id}  ${shortOf(one)} since ${one.created}${written(one)}${linked(one)}`),
    `shared: ${row.shared.join(", ") || "nothing now"}`,
    ...(row.decision
      ? [`decided: ${row.decision.kind}${row.decision.user ? ` (${row.decision.user})` : ""} by ${row.decision.by} at ${row.decision.at}`]
      : []),
    ...(row.status === "open" ? [`decide: sallyport duplicate decide ${row.id} --keep | --link | --exclude USER`] : []),
  ];
}

export function domainCommands(program: Command): void {
  const domain = program.command("domain").description("domains whose several names mean the same");
  orgCommand<CommonOptions & { netbios?: string }>(
    domain,
    {
      name: "set <name> [aliases...]",
      does: "make a domain known by its DNS name, with the other names that mean it",
      example: "sallyport domain set corp.example --netbios CORP old-corp.example",
      options: [["--netbios <name>", "as in NAME\\user"]],
    },
    async (org, options, name = "", ...aliases) => {
      const body = { ...(options.netbios === undefined ? {} : { netbios: options.netbios }), ...(aliases.length > 0 ? { aliases } : {}) };
      const done = await org.send<DomainView>("PUT", `/api/v1/domains/${encodeURIComponent(name)}`, body);
      print(options.json, done, () => `${[done.name, done.netbios, ...done.aliases].filter(Boolean).join(", ")} mean the same domain`);
    },
  );
  orgCommand(domain, { name: "list", does: "list domains", example: "sallyport domain list" }, async (org, options) => {
    const rows = await org.list<DomainView>("/api/v1/domains");
    const cells = rows.map((row) => [row.name, row.netbios, row.aliases.join(", "), row.source ?? "an administrator"]);
    print(options.json, rows, () =>
      table(["name", "netbios", "aliases", "said by"], cells, "no domains yet: sallyport domain set NAME --netbios NAME"),
    );
  });
  orgCommand(
    domain,
    { name: "delete <name>", does: "forget a domain's other names", example: "sallyport domain delete corp.example" },
    async (org, options, name = "") => {
      await org.send("DELETE", `/api/v1/domains/${encodeURIComponent(name)}`);
      print(options.json, { deleted: name }, () => `domain ${name} is forgotten: each of its names means itself again`);
    },
  );
}
