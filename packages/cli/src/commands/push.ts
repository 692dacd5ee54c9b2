/** Commands for pushes to phones: the stops after a *not me*, and the push services that are allowed. */
import type { PushStopView } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";

const STOPS = "/api/v1/push/stops";
const HOSTS = "/api/v1/push/hosts";

export function pushCommands(program: Command): void {
  const push = program.command("push").description("pushes to phones");
  orgCommand(push, { name: "stops", does: "whom no push is sent to after a *not me*", example: "sallyport push stops" }, stops);
  orgCommand<CommonOptions & { reason?: string }>(
    push,
    {
      name: "lift <stop>",
      does: "send pushes again; first make sure who it was, and that the password is changed (one of the org: `sallyport user password LOGIN`)",
      example: 'sallyport push lift stp_01234567890123456789 --reason "it was her own script"',
      options: [["--reason <text>", "why; it stands in the log (required)"]],
    },
    async (org, options, stop = "") => {
      const reason = encodeURIComponent(options.reason ?? "");
      await org.send("DELETE", `${STOPS}/${encodeURIComponent(stop)}?reason=${reason}`);
      print(options.json, { lifted: stop }, () => `${stop} is lifted: pushes are sent again`);
    },
  );
  const hosts = push.command("hosts").description("push services that phones may use, beside those of the browsers");
  orgCommand(hosts, { name: "list", does: "those that were added", example: "sallyport push hosts list" }, async (org, options) => {
    const view = await org.get<{ hosts: string[] }>(HOSTS);
    print(options.json, view, () => (view.hosts.length > 0 ? view.hosts : ["none beside those of the browsers"]));
  });
  orgCommand(
    hosts,
    { name: "add <host>", does: "allow a push service, such as one of your own", example: "sallyport push hosts add push.corp.example" },
    (org, options, host = "") => change(org, options, (all) => [...all, host]),
  );
  orgCommand(
    hosts,
    { name: "remove <host>", does: "allow it no longer", example: "sallyport push hosts remove push.corp.example" },
    (org, options, host = "") => change(org, options, (all) => all.filter((one) => one !== host)),
  );
}

async function stops(org: OrgClient, options: CommonOptions): Promise<void> {
  const found = await org.get<PushStopView[]>(STOPS);
  const rows = found.map((stop) => [
    stop.id,
    stop.login,
    stop.scope === "all" ? "all pushes" : `${stop.host ?? "sign-in page"} from ${stop.address ?? "no address"}`,
    stop.created,
  ]);
  print(options.json, found, () => table(["id", "user", "stopped", "since"], rows, "none: pushes are sent to everybody"));
}

async function change(org: OrgClient, options: CommonOptions, to: (hosts: string[]) => string[]): Promise<void> {
  const { hosts } = await org.get<{ hosts: string[] }>(HOSTS);
  const view = await org.send<{ hosts: string[] }>("PUT", HOSTS, { hosts: to(hosts) });
  print(options.json, view, () => (view.hosts.length > 0 ? view.hosts : ["none beside those of the browsers"]));
}
