/** Commands that write the org's database to a file and put it back: backup, restore. */
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from "node:fs";
import { setPriority } from "node:os";
import { dirname, resolve } from "node:path";
import type { BackupAnswer } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand, plainCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { type DatabaseOptions, databaseOptions } from "../database-address.ts";
import type { OrgClient } from "../org-client.ts";
import { print } from "../output.ts";
import { withServer } from "../with-server.ts";

/** Long enough for the largest org; a server that is gone is noticed by its closed connection. */
const PATIENCE_MS = 24 * 3_600_000;

export function backupCommand(program: Command): void {
  orgCommand<CommonOptions & { overwrite?: boolean }>(
    program,
    {
      name: "backup <file>",
      does: "write the database of a running org to a file, and check it; people log on meanwhile",
      example: "sallyport backup /var/backups/org-monday.db --data /var/lib/sallyport-org",
      options: [["--overwrite", "replace the file if it is there"]],
    },
    async (org, options, file = "") => {
      if (options.org !== undefined) throw new Complaint("a backup is written on the org's own machine: run this there, without --org");
      const target = resolve(file);
      if (existsSync(target) && !options.overwrite) throw new Complaint(`${file} is there already; --overwrite replaces it`);
      const written = await write(org, target, options.overwrite === true);
      print(options.json, { file: target, ...written }, () => [
        `${file}: ${written.bytes} bytes, the org as of ${written.at}, ${written.events} events, checked`,
        `Its secrets are sealed with key ${written.sealingKey}, which is not in it: keep a copy of the key file elsewhere.`,
      ]);
    },
  );
}

/** Under a name of its own until it is whole, flushed and checked: a file with the right name is a good one. */
async function write(org: OrgClient, target: string, overwrite: boolean) {
  const part = `${target}.${process.pid}.part`;
  try {
    // Whoever logs on meanwhile comes first, also while all of it is read again.
    setPriority(19);
    const { at, bytes, milliseconds } = await org.send<BackupAnswer>("POST", "/api/v1/org/backup", { file: part }, PATIENCE_MS);
    const { events, schema, sealingKey } = await withServer((server) => server.checkBackup(part));
    if (overwrite) renameSync(part, target);
    else linkSync(part, target);
    flushFolder(dirname(target));
    return { at, bytes, milliseconds, events, schema, sealingKey };
  } finally {
    for (const rest of ["", "-journal"]) rmSync(part + rest, { force: true });
  }
}

export function restoreCommand(program: Command): void {
  plainCommand(
    program,
    {
      name: "restore [file]",
      does: "put a backup in place of the org's database while no server runs; open logons, codes and API tokens end",
      example: "sallyport restore /var/backups/org-monday.db --data /var/lib/sallyport-org",
      options: [
        ["--data <folder>", "data folder of the org (default: ./data)"],
        ["--sealing-key <file>", "key file for stored secrets (default: sealing.key in the data folder)"],
        ["--database <url>", "with --after-external: the PostgreSQL database (or set SALLYPORT_DATABASE)"],
        ["--database-password-file <file>", "file with its password"],
        ["--after-external", "the database was put back by other means: only end what must not outlive that"],
      ],
    },
    async (options, file) => {
      const { data = process.env["SALLYPORT_DATA"] ?? "./data", sealingKey, afterExternal } = options as unknown as RestoreFlags;
      if ((file === undefined) !== (afterExternal === true)) throw new Complaint("give a backup file, or --after-external without one");
      const database = databaseOptions(options as DatabaseOptions);
      if (file !== undefined && database.database)
        throw new Complaint(
          "a backup file is put back into a data folder, but --database or SALLYPORT_DATABASE names a PostgreSQL: use pg_restore, then --after-external (docs/backup.md)",
        );
      const where = { data, sealingKey, now: Date.now, ...database };
      const done = await withServer((server) =>
        file === undefined ? server.afterExternalRestore(where) : server.restoreBackup(resolve(file), where),
      );
      const replaced = "replaced" in done ? done.replaced : undefined;
      print(options.json, { ...done, backupAt: done.backupAt === undefined ? null : new Date(done.backupAt).toISOString() }, () => [
        done.backupAt === undefined
          ? "What must not outlive a restore has ended."
          : `The org is as of ${new Date(done.backupAt).toISOString()}.`,
        ...(replaced ? [`What it replaced is in ${replaced}.`] : []),
        `Ended: ${done.transactions} logons, ${done.codes} codes, ${done.tokens} API tokens, ${done.clients} clients (they register no more hosts). Codes of authenticators count again in two minutes.`,
        "Undone with it: what was revoked, suspended or enrolled since. Look through it, then start the server.",
      ]);
    },
  );
}

interface RestoreFlags {
  data?: string;
  sealingKey?: string;
  afterExternal?: boolean;
}

function flushFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}
