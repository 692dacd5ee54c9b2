/** Commands for the org's own keys: list, rotate. */

import { resolve } from "node:path";
import type { DecisionKeysView, SealingView } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";

const URL = "/api/v1/org/decision-keys";
const SEALING = "/api/v1/org/sealing-key";
const LOOK_MS = 200;

interface RotateOptions extends CommonOptions {
  finish?: boolean;
  waive?: string;
  waiveAll?: boolean;
  revoke?: boolean;
}

export function keyCommands(program: Command): void {
  const key = program.command("key").description("the org's own keys");
  orgCommand(
    key,
    { name: "list", does: "the org's keys, and which hosts do not know the next one yet", example: "sallyport key list" },
    async (org, options) => {
      const view = await org.get<DecisionKeysView>(URL);
      const sealing = await org.get<SealingView>(SEALING);
      const passing = sealing.next === null ? "" : `, passing to ${sealing.next}: ${sealing.remaining} secrets are left`;
      print(options.json, { ...view, sealing }, () => [...lines(view), `sealing key ${sealing.id}${passing}`]);
    },
  );
  const rotate = key.command("rotate").description("pass on to another key");
  orgCommand<CommonOptions & { newKeyFile?: string }>(
    rotate,
    {
      name: "sealing",
      does: "seal every stored secret anew with another key, while the org goes on",
      example: "sallyport key rotate sealing",
      options: [["--new-key-file <file>", "take the key from this file instead of making one"]],
    },
    rotateSealing,
  );
  orgCommand<RotateOptions>(
    rotate,
    {
      name: "decision",
      does: "announce the next key that signs decisions; it takes over when every host knows it",
      example: "sallyport key rotate decision",
      options: [
        ["--finish", "let the announced key take over now"],
        ["--waive <hosts>", "with --finish: hosts that need not know it yet, by name, separated by commas"],
        ["--waive-all", "with --finish: do not wait for anybody; hosts that were away follow the chain when they are back"],
        ["--revoke", "the present key is compromised: a new one without a chain, and every host must be enrolled again"],
      ],
    },
    async (org, options) => {
      const { finish = false, waive, waiveAll = false, revoke = false } = options;
      if (!finish && (waive !== undefined || waiveAll)) throw new Complaint("--waive and --waive-all go with --finish");
      if (revoke && finish) throw new Complaint("a compromised key has no chain: give --revoke or --finish, not both");
      if (revoke) {
        const done = await org.send<{ kid: string; hosts: number }>("POST", `${URL}/revoke`);
        const text = `The key was given up; ${done.kid} signs from now on. ${done.hosts} hosts are revoked: enrol each again (sallyport host code).`;
        print(options.json, done, () => text);
        return;
      }
      const names = waive?.split(",").map((name) => name.trim()) ?? [];
      const view = finish
        ? await org.send<DecisionKeysView>("POST", `${URL}/finish`, { waive: waiveAll ? "all" : names })
        : await org.send<DecisionKeysView>("POST", URL);
      print(options.json, view, () => [...lines(view), "Back up the org now: a backup from before has a key that hosts will refuse."]);
    },
  );
}

/** Waits until every secret is sealed anew. The server goes on also without anybody waiting. */
async function rotateSealing(org: OrgClient, options: CommonOptions & { newKeyFile?: string }): Promise<void> {
  if (options.org !== undefined) throw new Complaint("the key is a file on the org's own machine: run this there, without --org");
  const keyFile = options.newKeyFile === undefined ? {} : { keyFile: resolve(options.newKeyFile) };
  const before = (await org.get<SealingView>(SEALING)).id;
  let view = await org.send<SealingView>("POST", SEALING, keyFile);
  while (view.next !== null) {
    await new Promise((done) => setTimeout(done, LOOK_MS));
    view = await org.get<SealingView>(SEALING);
    if (view.stopped !== null)
      throw new Complaint(`it stopped: ${view.stopped}. Nothing is lost: put that right, then start the server anew, which goes on`);
  }
  print(options.json, { ...view, before }, () => [
    `Every secret is sealed with key ${view.id} now; key ${before} is not needed any more, except for backups from before.`,
    `It is beside the new one, in the file that ends with .${before}. Copy the new file to where the old one's copy is, then back up the org.`,
  ]);
}

function lines({ keys, missing }: DecisionKeysView): string[] {
  const rows = keys.map((key) => [key.position, key.status, key.inForce, key.kid, key.thumbprint]);
  const waiting = missing.map(({ name, lastSeen }) => `  waiting for ${name}, last seen ${lastSeen ?? "never"}`);
  return [...table(["", "decision key", "signs since", "id", "thumbprint"], rows, "no keys"), ...waiting];
}
