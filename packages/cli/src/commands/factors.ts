/** Commands for factors: enrol TOTP with a QR code in the terminal or recovery codes, list, rename, re-sync, remove, reset. */
import { totpAlgorithm, type UserFactorView } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { enrolPhone } from "../enrol-phone.ts";
import { enrolRecovery } from "../enrol-recovery.ts";
import { enrolSent, whereTo } from "../enrol-sent.ts";
import { createTotp, enrolTotp, secretLines, type TotpWish } from "../enrol-totp.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";
import { findUser } from "../resources.ts";
import { ask } from "../terminal.ts";
import { bypassLines, openBypasses } from "./bypass.ts";

interface EnrolOptions extends CommonOptions {
  confirm?: boolean;
  to?: string;
  digits?: string;
  algorithm?: string;
}

/** A kind as administrators write it, and what the API calls it. */
const KINDS: Record<string, UserFactorView["factorType"]> = {
  totp: "token:software:totp",
  push: "push",
  email: "email",
  sms: "sms",
  call: "call",
  passkey: "webauthn",
  recovery: "recovery_codes",
};

export function factorCommands(program: Command): void {
  const factor = program.command("factor").description("second factors of a user");
  orgCommand<EnrolOptions>(
    factor,
    {
      name: "enrol <login> <kind>",
      does: "enrol a factor (kind: totp, push, recovery, email, sms, call); shows the QR code, the activation code, or the ten codes, once",
      example: "sallyport factor enrol alice totp",
      options: [
        ["--no-confirm", "activate it at once, without a first code"],
        ["--to <target>", "number of sms and call; address of email (left out: the one of the profile, which needs no code)"],
        ["--digits <n>", "digits of a TOTP code: 6, 7 or 8 (default: 6, the only one that every app takes)"],
        ["--algorithm <name>", "hash of TOTP: SHA1, SHA256 or SHA512 (default: SHA1, the only one that every app takes)"],
      ],
    },
    enrol,
  );
  orgCommand(factor, { name: "list <login>", does: "list a user's factors", example: "sallyport factor list alice" }, list);
  orgCommand(
    factor,
    {
      name: "resync <login> <factor>",
      does: "set a TOTP factor (id, or totp) to its device's clock; asks for two codes in a row",
      example: "sallyport factor resync alice totp",
    },
    resync,
  );
  orgCommand(
    factor,
    {
      name: "rename <login> <factor> <name>",
      does: "give a factor (id, or the name of a passkey) another name",
      example: 'sallyport factor rename alice "Security key" "Blue key"',
    },
    rename,
  );
  orgCommand(
    factor,
    {
      name: "remove <login> <factor>",
      does: "take one factor (id, or the name of a passkey) away",
      example: 'sallyport factor remove alice "Blue key"',
    },
    remove,
  );
  orgCommand(
    factor,
    { name: "reset <login> <kind>", does: "take a user's factors of a kind away", example: "sallyport factor reset alice totp" },
    async (org, options, login = "", kind = "") => {
      const type = typeOf(kind);
      const user = await findUser(org, login);
      const factors = (await factorsOf(org, user)).filter(({ factorType }) => factorType === type);
      for (const { id } of factors) await org.send("DELETE", `/api/v1/users/${user.id}/factors/${id}`);
      print(options.json, { reset: factors.map((f) => f.id) }, () => `${factors.length} factor(s) of ${login} reset`);
    },
  );
}

/** By id, or by the name that it is listed under; never several at once. */
async function findFactor(org: OrgClient, login: string, which: string): Promise<{ path: string; factor: UserFactorView }> {
  const user = await findUser(org, login);
  const named = (one: UserFactorView) =>
    one.factorType === "webauthn" && one.profile.authenticatorName.toLowerCase() === which.toLowerCase();
  const found = (await factorsOf(org, user)).filter((one) => one.id === which || named(one));
  if (found.length > 1)
    throw new Complaint(`${login} has ${found.length} factors called ${which}; use the id: ${found.map(({ id }) => id).join(", ")}`);
  if (!found[0]) throw new Complaint(`${login} has no factor ${which}: sallyport factor list ${login}`);
  return { path: `/api/v1/users/${user.id}/factors/${found[0].id}`, factor: found[0] };
}

async function rename(org: OrgClient, options: CommonOptions, login = "", which = "", name = ""): Promise<void> {
  const { path, factor } = await findFactor(org, login, which);
  const renamed = await org.send<UserFactorView>("POST", `${path}/lifecycle/rename`, { name });
  print(options.json, renamed, () => `${factor.id} is called ${name} now`);
}

async function remove(org: OrgClient, options: CommonOptions, login = "", which = ""): Promise<void> {
  const { path, factor } = await findFactor(org, login, which);
  await org.send("DELETE", path);
  print(options.json, { reset: [factor.id] }, () => `${kindOf(factor)} ${factor.id} of ${login} removed`);
}

const factorsOf = (org: OrgClient, user: { id: string }) => org.list<UserFactorView>(`/api/v1/users/${user.id}/factors`);

async function enrol(org: OrgClient, options: EnrolOptions, login = "", kind = ""): Promise<void> {
  const recovery = typeOf(kind) === "recovery_codes";
  if (typeOf(kind) === "webauthn") throw new Complaint("a passkey is made by its owner's own device, on the org's pages");
  if (typeOf(kind) !== "token:software:totp" && (options.digits ?? options.algorithm) !== undefined)
    throw new Complaint("--digits and --algorithm are of totp alone");
  const wish = wishOf(options);
  const user = await findUser(org, login);
  if (recovery) return enrolRecovery(org, user, options.json);
  if (typeOf(kind) === "push") return enrolPhone(org, user, options.json);
  const type = typeOf(kind);
  if (type === "email" || type === "sms" || type === "call") {
    const own = type === "email" && options.to === undefined;
    return enrolSent(org, user, { factorType: type, to: options.to, atOnce: own || options.confirm === false }, options.json);
  }
  // A script (--json) has nobody to type the first code; a person is asked, so that a mistyped secret is found now and not at a locked screen.
  const atOnce = options.json === true || options.confirm === false;
  if (!atOnce) return enrolTotp(org, user, wish);
  const created = await createTotp(org, user, true, wish);
  print(options.json, created, () => secretLines(created));
}

function wishOf({ digits, algorithm }: EnrolOptions): TotpWish {
  if (digits !== undefined && !/^[678]$/.test(digits)) throw new Complaint(`--digits ${digits}: 6, 7 or 8`);
  const name = totpAlgorithm.optional().safeParse(algorithm?.toUpperCase().replace("-", ""));
  if (!name.success) throw new Complaint(`--algorithm ${algorithm}: ${totpAlgorithm.options.join(", ")}`);
  return { ...(digits === undefined ? {} : { digits: Number(digits) }), ...(name.data === undefined ? {} : { algorithm: name.data }) };
}

async function list(org: OrgClient, options: CommonOptions, login = ""): Promise<void> {
  const user = await findUser(org, login);
  const factors = await factorsOf(org, user);
  const open = options.json ? [] : await openBypasses(org, user);
  const rows = factors.map((f) => [f.id, kindOf(f), f.status, f.failures, about(f), f.created]);
  const head = ["id", "kind", "status", "failures", "what", "created"];
  print(options.json, factors, () => [...table(head, rows, `none yet: sallyport factor enrol ${login} totp`), ...bypassLines(open)]);
}

function about(factor: UserFactorView): string {
  switch (factor.factorType) {
    case "webauthn":
      return [factor.profile.authenticatorName, ...(factor.backedUp ? ["backed up"] : []), `last used ${factor.lastUsed ?? "never"}`].join(
        ", ",
      );
    case "recovery_codes":
      return `${factor.remaining} codes left`;
    case "push":
      return [factor.profile.name ?? "phone", factor.verifier ? "with verification" : "possession only"].join(", ");
    case "email":
    case "sms":
    case "call":
      return [whereTo(factor), `last used ${factor.lastUsed ?? "never"}`].join(", ");
    default:
      return `${factor.digits} digits, ${factor.algorithm}`;
  }
}

/** Codes are asked for and never stand on a command line, where other accounts could read them. */
async function resync(org: OrgClient, options: CommonOptions, login = "", which = ""): Promise<void> {
  const user = await findUser(org, login);
  const totp = (await factorsOf(org, user)).filter((one) => kindOf(one) === "totp" && (which === "totp" || one.id === which));
  if (totp.length !== 1 || !totp[0]) throw new Complaint(`${login} has no TOTP factor ${which}: sallyport factor list ${login}`);
  const passCode = await ask("The code that the device shows now: ");
  const nextPassCode = await ask("The very next code, once it shows: ");
  const path = `/api/v1/users/${user.id}/factors/${totp[0].id}/lifecycle/resync`;
  const set = await org.send<UserFactorView>("POST", path, { passCode, nextPassCode });
  print(options.json, set, () => `the org follows the clock of this device from now on; both codes are used up`);
}

function kindOf({ factorType }: UserFactorView): string {
  return Object.entries(KINDS).find(([, type]) => type === factorType)?.[0] ?? factorType;
}

function typeOf(kind: string): UserFactorView["factorType"] {
  const type = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (!type) throw new Complaint(`there is no factor kind ${kind}; there are: ${Object.keys(KINDS).join(", ")}`);
  return type;
}
