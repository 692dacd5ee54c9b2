/** Commands for clients: pairs of id and secret by which many machines register themselves. */
import type { ClientView } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";
import { findApp, findClient } from "../resources.ts";

interface AddOptions extends CommonOptions {
  app: string;
  cap?: string;
  approve?: boolean;
}

export function clientCommands(program: Command): void {
  const client = program.command("client").description("pairs of client id and secret, by which many machines register themselves");
  orgCommand<AddOptions>(
    client,
    {
      name: "add <name>",
      does: "make a pair; the secret is shown this once",
      example: "sallyport client add web-image --app servers --cap 50 --approve",
      required: [["--app <label>", "the app that its machines belong to"]],
      options: [
        ["--cap <n>", "machines that it may register in all (default: 100)"],
        ["--approve", "each machine waits until an administrator approves it"],
      ],
    },
    async (org, options, name = "") => {
      const app = await findApp(org, options.app);
      const cap = options.cap === undefined ? {} : { cap: whole(options.cap, "--cap") };
      const made = await org.send<ClientView>("POST", "/api/v1/clients", { app: app.id, name, ...cap, approve: options.approve === true });
      print(options.json, made, () => pairLines(made));
    },
  );
  orgCommand(client, { name: "list", does: "list clients", example: "sallyport client list" }, async (org, options) => {
    const clients = await org.list<ClientView>("/api/v1/clients?limit=200");
    const rows = clients.map((c) => [c.name, c.app, `${c.registered}/${c.cap}`, c.approve ? "yes" : "no", stateOf(c), c.id]);
    print(options.json, clients, () =>
      table(["name", "app", "hosts", "approve", "state", "id"], rows, "no clients yet: sallyport client add NAME --app APP"),
    );
  });
  orgCommand<CommonOptions & { overlapDays?: string }>(
    client,
    {
      name: "rotate <client>",
      does: "make a new secret; the one before stays valid for a while",
      example: "sallyport client rotate web-image --overlap-days 14",
      options: [["--overlap-days <n>", "how long the secret before stays valid (default: 30)"]],
    },
    async (org, options, name = "") => {
      const days = options.overlapDays === undefined ? {} : { overlapDays: whole(options.overlapDays, "--overlap-days") };
      const rotated = await step(org, name, "rotate", days);
      print(options.json, rotated, () => pairLines(rotated));
    },
  );
  orgCommand(
    client,
    { name: "retire <client>", does: "end the secret before at once", example: "sallyport client retire web-image" },
    async (org, options, name = "") => {
      const retired = await step(org, name, "retire");
      print(options.json, retired, () => `${retired.name}: only the newest secret is valid now`);
    },
  );
  orgCommand(
    client,
    { name: "revoke <client>", does: "let nobody register with it any more", example: "sallyport client revoke web-image" },
    async (org, options, name = "") => {
      const { id } = await findClient(org, name);
      await org.send("POST", `/api/v1/clients/${id}/lifecycle/revoke`);
      print(
        options.json,
        { revoked: id },
        () => `${name} is revoked; its machines with a key of their own go on, and can be revoked one by one`,
      );
    },
  );
}

async function step(org: OrgClient, name: string, path: string, body?: object): Promise<ClientView> {
  const { id } = await findClient(org, name);
  return org.send<ClientView>("POST", `/api/v1/clients/${id}/lifecycle/${path}`, body);
}

function whole(text: string, option: string): number {
  if (!/^[0-9]{1,6}$/.test(text)) throw new Complaint(`${option} takes a whole number, not ${text}`);
  return Number(text);
}

function stateOf(client: ClientView): string {
  if (client.revokedAt !== null) return "revoked";
  const ending = client.secrets.find(({ state, retiresAt }) => state === "valid" && retiresAt !== null);
  return ending ? `two secrets until ${ending.retiresAt}` : "good";
}

function pairLines(client: ClientView): string[] {
  const ending = client.secrets.find(({ state, retiresAt }) => state === "valid" && retiresAt !== null);
  return [
    `client id:     ${client.id}`,
    `client secret: ${client.secret ?? ""}`,
    "This is the only time that the secret is shown. On a machine: sallyport host register",
    ...(ending ? [`The secret before stays valid until ${ending.retiresAt}.`] : []),
  ];
}
