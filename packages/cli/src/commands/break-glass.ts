/** Commands for break-glass: take the recovery key out of the org, and answer the challenge that a machine shows. */
import { readFileSync } from "node:fs";
import {
  type BreakGlassAnswerView,
  type BreakGlassFile,
  breakGlassAnswer,
  breakGlassFile,
  breakGlassHostKey,
  hostId,
  readChallenge,
} from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { print } from "../output.ts";
import { writeNewFile } from "../write-new-file.ts";

const URL = "/api/v1/org/break-glass";

interface AnswerOptions extends CommonOptions {
  challenge: string;
  host: string;
  user: string;
  reason?: string;
  key?: string;
}

export function breakGlassCommands(program: Command): void {
  const group = program.command("breakglass").description("let one person in at one machine while the org is away");
  orgCommand<CommonOptions & { file: string; again?: boolean; renew?: boolean }>(
    group,
    {
      name: "export",
      does: "write the recovery key of all machines to a new file, for a safe; on the org's own machine only",
      example: "sallyport breakglass export --file /media/usb/break-glass.json",
      required: [["--file <file>", "the new file, for its owner's eyes only"]],
      options: [
        ["--again", "write the key that was exported before once more"],
        ["--renew", "make another key; files from before end at each machine's next self-check"],
      ],
    },
    exportKey,
  );
  orgCommand<AnswerOptions>(
    group,
    {
      name: "answer",
      does: "make the answer to a machine's challenge: by the org, or with --key without any",
      example: "sallyport breakglass answer --host srv01 --user alice --challenge K7QF-3M2P-0000-ABCD --reason 'org is down'",
      required: [
        ["--challenge <text>", "as the machine shows it"],
        ["--host <host>", "id or name of the machine, as it shows it"],
        ["--user <user>", "as the machine shows it"],
      ],
      options: [
        ["--reason <text>", "why; stands in the org's log"],
        ["--key <file>", "the exported recovery key: asks no org"],
      ],
    },
    answer,
  );
}

async function exportKey(org: OrgClient, options: CommonOptions & { file: string; again?: boolean; renew?: boolean }): Promise<void> {
  if (options.org !== undefined) throw new Complaint("the key leaves over no network: run this on the org's own machine, without --org");
  const { again = false, renew = false } = options;
  if (again && renew) throw new Complaint("give --again or --renew, not both");
  const exported = await org.send<BreakGlassFile>("POST", `${URL}/export`, { again, renew });
  writeNewFile(options.file, `${JSON.stringify(exported, null, 2)}\n`);
  print(options.json, { file: options.file, hosts: exported.hosts.length, exportedAt: exported.exportedAt }, () => [
    `${options.file}: the recovery key of ${exported.hosts.length} machines. Whoever has it and a password gets in at each of them`,
    "whose policy allows break-glass: put it into a safe, and leave no copy on this machine.",
    "Each machine gets its own key with its next self-check.",
  ]);
}

async function answer(org: OrgClient, options: AnswerOptions): Promise<void> {
  const challenge = readChallenge(options.challenge);
  if (challenge === undefined) throw new Complaint("--challenge: sixteen letters and digits, as the machine shows them");
  const { key, host, user, reason } = options;
  if (key === undefined && reason === undefined) throw new Complaint("say why: --reason TEXT; it stands in the org's log");
  const made =
    key === undefined
      ? await org.send<BreakGlassAnswerView>("POST", `${URL}/answer`, { challenge, host, user, reason })
      : offline(key, host, user, challenge);
  print(options.json, made, () => [
    made.answer,
    `lets ${made.user} in once at ${made.host.name} (${made.host.id}), within ten minutes of the challenge, at that very prompt.`,
    "Read it out only to somebody whose voice or face you know.",
  ]);
}

function offline(file: string, wanted: string, user: string, challenge: string): BreakGlassAnswerView {
  const { master, hosts } = readKey(file);
  const [known, ...others] = hosts.filter(({ id, name }) => id === wanted || name === wanted);
  if (others.length > 0) throw new Complaint(`--host ${wanted}: several machines have this name; give the id that the machine shows`);
  const id = known?.id ?? hostId.safeParse(wanted).data;
  if (id === undefined) throw new Complaint(`--host ${wanted}: not in the file; give the id that the machine shows`);
  const answer = breakGlassAnswer(breakGlassHostKey(Buffer.from(master, "base64url"), id), { host: id, user, challenge });
  return { answer, host: { id, name: known?.name ?? wanted }, user };
}

function readKey(file: string): BreakGlassFile {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Complaint(`${file}: ${(error as Error).message}`);
  }
  try {
    return breakGlassFile.parse(JSON.parse(text));
  } catch {
    throw new Complaint(`${file}: not a file that sallyport breakglass export wrote`);
  }
}
