/** Commands for factors: enrol with a QR code in the terminal, list, reset. */
import type { UserFactorView } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { createTotp, enrolTotp, secretLines } from "../enrol-totp.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";
import { findUser } from "../resources.ts";

export function factorCommands(program: Command): void {
  const factor = program.command("factor").description("second factors of a user");
  orgCommand<CommonOptions & { confirm?: boolean }>(
    factor,
    {
      name: "enrol <login> <kind>",
      does: "enrol a factor (kind: totp); shows the QR code once",
      example: "sallyport factor enrol alice totp",
      options: [["--no-confirm", "activate at once, without a first code"]],
    },
    enrol,
  );
  orgCommand(
    factor,
    { name: "list <login>", does: "list a user's factors", example: "sallyport factor list alice" },
    async (org, options, login = "") => {
      const user = await findUser(org, login);
      const factors = await org.list<UserFactorView>(`/api/v1/users/${user.id}/factors`);
      const rows = factors.map((f) => [f.id, "totp", f.status, f.failures, f.created]);
      print(options.json, factors, () =>
        table(["id", "kind", "status", "failures", "created"], rows, `none yet: sallyport factor enrol ${login} totp`),
      );
    },
  );
  orgCommand(
    factor,
    { name: "reset <login> <kind>", does: "take a user's factors of a kind away", example: "sallyport factor reset alice totp" },
    async (org, options, login = "", kind = "") => {
      checkKind(kind);
      const user = await findUser(org, login);
      const factors = await org.list<UserFactorView>(`/api/v1/users/${user.id}/factors`);
      for (const { id } of factors) await org.send("DELETE", `/api/v1/users/${user.id}/factors/${id}`);
      print(options.json, { reset: factors.map((f) => f.id) }, () => `${factors.length} factor(s) of ${login} reset`);
    },
  );
}

async function enrol(org: OrgClient, options: CommonOptions & { confirm?: boolean }, login = "", kind = ""): Promise<void> {
  checkKind(kind);
  const user = await findUser(org, login);
  // A script (--json) has nobody to type the first code; a person is asked, so that a mistyped secret is found now and not at a locked screen.
  const atOnce = options.json === true || options.confirm === false;
  if (!atOnce) return enrolTotp(org, user);
  const created = await createTotp(org, user, true);
  print(options.json, created, () => secretLines(created));
}

function checkKind(kind: string): void {
  if (kind !== "totp") throw new Complaint(`there is no factor kind ${kind}; there is: totp`);
}
