/** Commands for enrolment windows: open one for a user who never had a factor, list, confirm, close. */
import { TICKET_DAYS, type TicketView } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";
import { findUser } from "../resources.ts";

interface CreateOptions extends CommonOptions {
  days?: string;
  confirm?: boolean;
}

const pathOf = (user: { id: string }) => `/api/v1/users/${user.id}/tickets`;

export function ticketCommands(program: Command): void {
  const ticket = program.command("ticket").description("windows in which a user who never had a factor may enrol a first one");
  orgCommand<CreateOptions>(
    ticket,
    {
      name: "create <login>",
      does: "open a window for one user and one use; the ticket is shown this once",
      example: "sallyport ticket create alice --days 2",
      options: [
        ["--days <n>", `how long it stays open, at most ${TICKET_DAYS.most} (default: ${TICKET_DAYS.usual})`],
        ["--confirm", "without a ticket: an administrator confirms the person by `ticket confirm` while they enrol"],
      ],
    },
    create,
  );
  orgCommand(
    ticket,
    { name: "list <login>", does: "list a user's windows", example: "sallyport ticket list alice" },
    async (org, options, login = "") => {
      const tickets = await org.list<TicketView>(pathOf(await findUser(org, login)));
      const rows = tickets.map((one) => [
        one.id,
        one.proof,
        one.status,
        one.expiresAt,
        one.createdBy,
        one.confirmedBy ?? "",
        `${one.failures}`,
      ]);
      const head = ["id", "proof", "status", "until", "by", "confirmed by", "wrong tickets"];
      print(options.json, tickets, () => table(head, rows, `none: sallyport ticket create ${login}`));
    },
  );
  orgCommand(
    ticket,
    {
      name: "confirm <login>",
      does: "say that you know who enrols there now; counts as the ticket of the open window",
      example: "sallyport ticket confirm alice",
    },
    async (org, options, login = "") => {
      const user = await findUser(org, login);
      const open = await openOf(org, user, login);
      const confirmed = await org.send<TicketView>("POST", `${pathOf(user)}/${open.id}/confirm`, {});
      print(options.json, confirmed, () => `${login} may enrol a first factor until ${confirmed.expiresAt}, once`);
    },
  );
  orgCommand(
    ticket,
    { name: "revoke <login>", does: "close the open window", example: "sallyport ticket revoke alice" },
    async (org, options, login = "") => {
      const user = await findUser(org, login);
      const open = await openOf(org, user, login);
      await org.send("DELETE", `${pathOf(user)}/${open.id}`);
      print(options.json, { revoked: open.id }, () => `the window ${open.id} is closed; its ticket does not work any more`);
    },
  );
}

async function create(org: OrgClient, { days, confirm, json }: CreateOptions, login = ""): Promise<void> {
  if (days !== undefined && !(/^[0-9]{1,2}$/.test(days) && Number(days) >= 1 && Number(days) <= TICKET_DAYS.most))
    throw new Complaint(`--days ${days}: a window is open for 1 to ${TICKET_DAYS.most} days`);
  const user = await findUser(org, login);
  const body = { ...(days === undefined ? {} : { days: Number(days) }), proof: confirm ? "confirmation" : "ticket" };
  const made = await org.send<TicketView>("POST", pathOf(user), body);
  if (made.ticket === undefined)
    return print(json, made, () => [
      `a window is open for ${login} until ${made.expiresAt}; nobody gets through it before you confirm the person:`,
      `  sallyport ticket confirm ${login}`,
    ]);
  print(json, made, () => [
    `${made.ticket}`,
    `lets ${login} enrol a first factor once, after the password, until ${made.expiresAt}. It is shown only now.`,
    "Hand it over by another way than the password. To withdraw it:",
    `  sallyport ticket revoke ${login}`,
  ]);
}

async function openOf(org: OrgClient, user: { id: string }, login: string): Promise<TicketView> {
  const open = (await org.list<TicketView>(pathOf(user))).find(({ status }) => status === "OPEN");
  if (!open) throw new Complaint(`${login} has no open window: sallyport ticket create ${login}`);
  return open;
}
