/** Commands for factors: enrol with a QR code in the terminal, list, reset. */
import type { UserFactorView } from "@sallyport/contracts";
import type { Command } from "commander";
import qrcode from "qrcode-generator";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";
import { findUser } from "../resources.ts";
import { ask } from "../terminal.ts";

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
  const path = `/api/v1/users/${user.id}/factors`;
  const created = await org.send<UserFactorView>("POST", `${path}${atOnce ? "?activate=true" : ""}`, {
    factorType: "token:software:totp",
    provider: "GOOGLE",
  });
  const activation = created._embedded?.activation;
  print(options.json, created, () => [
    qr(activation?.otpauth ?? ""),
    `Scan this with an authenticator app, or enter the secret by hand: ${activation?.sharedSecret}`,
    activation?.otpauth ?? "",
  ]);
  if (atOnce) return;
  const code = await ask("Enter the code that the app shows: ");
  await org.send("POST", `${path}/${created.id}/lifecycle/activate`, { passCode: code.trim() });
  print(false, undefined, () => `${login} can log on with this factor now`);
}

function checkKind(kind: string): void {
  if (kind !== "totp") throw new Complaint(`there is no factor kind ${kind}; there is: totp`);
}

/** Two rows of modules in one line of text, dark on light, with the quiet zone that scanners need. */
function qr(text: string): string {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const size = code.getModuleCount();
  const dark = (row: number, column: number) => row >= 0 && column >= 0 && row < size && column < size && code.isDark(row, column);
  const lines: string[] = [];
  for (let row = -2; row < size + 2; row += 2) {
    let line = "";
    for (let column = -2; column < size + 2; column++) {
      const top = dark(row, column);
      const bottom = dark(row + 1, column);
      line += top && bottom ? " " : top ? "▄" : bottom ? "▀" : "█";
    }
    lines.push(line);
  }
  return lines.join("\n");
}
