/** Commands for the ways out of the org: its mail server, and the webhook that sends text messages and calls. */
import type { DeliveryTest, MailView, SmsView } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { print } from "../output.ts";
import { readText } from "../read-text.ts";
import { readStdin } from "../terminal.ts";

interface SecretOptions extends CommonOptions {
  secretFile?: string;
  secretStdin?: boolean;
  ca?: string;
}

interface MailOptions extends SecretOptions {
  server?: string;
  from?: string;
  fromName?: string;
  user?: string;
  insecure?: string;
  untested?: boolean;
}

interface SmsOptions extends SecretOptions {
  url?: string;
  privateNetwork?: string;
}

const CA: [string, string] = ["--ca <file>", "authorities (PEM) by which its certificate is known (default: those of the system)"];
const PATIENCE_MS = 60_000;
const MAIL = "/api/v1/org/mail";
const SMS = "/api/v1/org/sms";

export function mailCommands(program: Command): void {
  const mail = program.command("mail").description("the server through which the org sends mail");
  orgCommand<MailOptions>(
    mail,
    {
      name: "set",
      does: "set up the mail server, or change what is named; the rest stays",
      example: "sallyport mail set --server smtps://mail.corp.example --from mfa@corp.example --user mfa --secret-file mail.secret",
      options: [
        ["--server <url>", "smtps://NAME (TLS from the start) or smtp://NAME (STARTTLS); a port may follow"],
        ["--from <address>", "sender of the org's mail"],
        ["--from-name <name>", "name beside it (default: Sallyport)"],
        ["--user <name>", "account at the mail server, or `none`"],
        ["--secret-file <file>", "file with the account's password"],
        ["--secret-stdin", "the same, all of standard input"],
        CA,
        ["--untested", "take it although it may not answer now (default: it must, up to the account; no mail is sent)"],
        ["--insecure <words>", "also without TLS; takes only the words: codes can be read and changed on the way (or `no`)"],
      ],
    },
    async (org, options) => {
      const now = await standing<MailView>(org, MAIL);
      const kept = now && {
        server: now.server,
        from: now.from,
        fromName: now.fromName,
        user: now.user,
        trust: now.trust,
        insecure: now.insecure,
      };
      const body = { ...kept, ...named(options), ...(await secretOf(options)) };
      if (options.user === "none") delete (body as { user?: string }).user;
      if (options.insecure === "no") delete (body as { insecure?: string }).insecure;
      const set = await org.send<MailView>("PUT", options.untested ? MAIL : `${MAIL}?try=true`, body, PATIENCE_MS);
      print(options.json, set, () => [
        ...mailLines(set),
        `${options.untested ? "Taken untested" : "It answered, and nothing was sent"}. Try it out: sallyport mail test ADDRESS`,
      ]);
    },
  );
  orgCommand(
    mail,
    { name: "show", does: "show the mail server, and whether mail goes out", example: "sallyport mail show" },
    async (org, options) => {
      const now = await org.get<MailView>(MAIL);
      print(options.json, now, () => mailLines(now));
      if (now.failing) process.exitCode = 1;
    },
  );
  tryCommand(mail, MAIL, {
    name: "test <address>",
    does: "send one mail now, and say where it failed (exit code 1 then)",
    example: "sallyport mail test admin@corp.example",
  });
  removeCommand(mail, MAIL, {
    name: "remove",
    does: "forget the mail server: nobody gets mail, and codes by mail cannot be asked for",
    example: "sallyport mail remove",
  });
}

export function smsCommands(program: Command): void {
  const sms = program.command("sms").description("the webhook that sends text messages and calls");
  orgCommand<SmsOptions>(
    sms,
    {
      name: "set",
      does: "set up the webhook, or change what is named; with another address a new secret is made, and shown once",
      example: "sallyport sms set --url https://sms.corp.example/sallyport",
      options: [
        ["--url <url>", "https:// address that takes the org's messages (docs/sms.md)"],
        ["--secret-file <file>", "file with the secret that signs (left out: one is made)"],
        ["--secret-stdin", "the same, all of standard input"],
        ["--private-network <cidrs>", "private networks in which the webhook may stand, with commas, or `none`"],
        CA,
      ],
    },
    async (org, options) => {
      const now = await standing<SmsView>(org, SMS);
      const kept = now && { url: now.url, privateNetworks: now.privateNetworks, trust: now.trust };
      const set = await org.send<SmsView>("PUT", SMS, { ...kept, ...namedSms(options), ...(await secretOf(options)) });
      print(options.json, set, () => [
        ...smsLines(set),
        ...(set.secret === undefined ? [] : ["Secret, shown this once; the webhook checks the signature by it:", `  ${set.secret}`]),
        "Try it out: sallyport sms test NUMBER",
      ]);
    },
  );
  orgCommand(
    sms,
    { name: "show", does: "show the webhook, and whether messages go out", example: "sallyport sms show" },
    async (org, options) => {
      const now = await org.get<SmsView>(SMS);
      print(options.json, now, () => smsLines(now));
      if (now.failing) process.exitCode = 1;
    },
  );
  tryCommand(sms, SMS, {
    name: "test <number>",
    does: "send one text message now, and say where it failed (exit code 1 then)",
    example: "sallyport sms test +49301234567",
  });
  removeCommand(sms, SMS, { name: "remove", does: "forget the webhook: nobody gets texts or calls", example: "sallyport sms remove" });
}

type Spec = { name: string; does: string; example: string };

function tryCommand(parent: Command, path: string, spec: Spec): void {
  orgCommand(parent, spec, async (org, options, to = "") => {
    const result = await org.send<DeliveryTest>("POST", `${path}/test`, { to }, PATIENCE_MS);
    print(options.json, result, () =>
      result.ok
        ? `${result.server} took it: ${result.said}`
        : [`${result.sentence}`, `(at ${result.place}, ${result.server}: ${result.error})`],
    );
    if (!result.ok) process.exitCode = 1;
  });
}

function removeCommand(parent: Command, path: string, spec: Spec): void {
  orgCommand(parent, spec, async (org, options) => {
    await org.send("DELETE", path);
    print(options.json, { removed: true }, () => "removed");
  });
}

/** What is set now; undefined where nothing is. */
async function standing<T>(org: OrgClient, path: string): Promise<T | undefined> {
  try {
    return await org.get<T>(path);
  } catch (error) {
    if (error instanceof Complaint && error.details["code"] === "E0000007") return undefined;
    throw error;
  }
}

function named({ server, from, fromName, user, insecure, ca }: MailOptions): object {
  return JSON.parse(JSON.stringify({ server, from, fromName, user, insecure, ...caOf(ca) }));
}

function namedSms({ url, privateNetwork, ca }: SmsOptions): object {
  const networks = privateNetwork === "none" ? [] : privateNetwork?.split(",").map((one) => one.trim());
  return JSON.parse(JSON.stringify({ url, privateNetworks: networks, ...caOf(ca) }));
}

const caOf = (file: string | undefined) => (file === undefined ? {} : { trust: { ca: readText(file) } });

async function secretOf({ secretFile, secretStdin }: SecretOptions): Promise<object> {
  const secret = secretStdin ? await readStdin() : secretFile === undefined ? undefined : readText(secretFile).replace(/\r?\n$/, "");
  return secret === undefined ? {} : { secret };
}

function mailLines(view: MailView): string[] {
  const { server, from, fromName, user, trust, insecure } = view;
  return [
    `Server:  ${server}${trust.ca === undefined ? "" : " (known by an authority of its own)"}`,
    `Sender:  ${fromName} <${from}>`,
    `Account: ${user ?? "none"}`,
    ...(insecure === undefined
      ? []
      : [`INSECURE: mail goes out without TLS too; ${insecure}. Take it back: sallyport mail set --insecure no`]),
    ...standLines(view),
  ];
}

function smsLines(view: SmsView): string[] {
  const { url, privateNetworks } = view;
  return [`Webhook: ${url}`, ...(privateNetworks.length === 0 ? [] : [`May stand in: ${privateNetworks.join(", ")}`]), ...standLines(view)];
}

function standLines({ waiting, failing }: Pick<MailView, "waiting" | "failing">): string[] {
  const waits = waiting === 0 ? [] : [`Waiting: ${waiting} message(s)`];
  return failing ? [...waits, `FAILING since ${failing.since}: ${failing.server}: ${failing.error} (org.delivery)`] : waits;
}
