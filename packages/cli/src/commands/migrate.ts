/** The command that moves an org between a data folder and a PostgreSQL. */
import type { Place } from "@sallyport/server";
import type { Command } from "commander";
import { type CommonOptions, plainCommand } from "../command.ts";
import { readDatabaseAddress } from "../database-address.ts";
import { print, table } from "../output.ts";
import { withServer } from "../with-server.ts";

interface MigrateOptions extends CommonOptions {
  from: string;
  to: string;
  databasePasswordFile?: string;
}

export function migrateCommand(program: Command): void {
  plainCommand(
    program,
    {
      name: "migrate",
      does: "move an org from its data folder to an empty PostgreSQL, or back; the source is left as it is",
      example: "sallyport migrate --from /var/lib/sallyport-org --to postgres://sallyport@db.corp.example/sallyport",
      required: [
        ["--from <folder|url>", "data folder, or postgres:// URL"],
        ["--to <folder|url>", "the other of the two; empty"],
      ],
      options: [["--database-password-file <file>", "file with the database user's password (or set PGPASSWORD)"]],
    },
    async (given) => {
      const options = given as unknown as MigrateOptions;
      const [from, to] = [options.from, options.to].map((text) => readPlace(text, options.databasePasswordFile)) as [Place, Place];
      const began = performance.now();
      const moved = await withServer(({ moveOrg }) => moveOrg(from, to));
      const seconds = (performance.now() - began) / 1000;
      print(options.json, { ...moved, seconds }, () => [
        ...table(
          ["table", "rows"],
          moved.tables.filter(({ rows }) => rows > 0).map(({ name, rows }) => [name, rows]),
          "the org is empty",
        ),
        `${moved.rows} rows moved and compared in ${seconds.toFixed(1)} s.`,
        "The sealing key is a file and stays one: give the server the same --sealing-key.",
      ]);
    },
  );
}

function readPlace(text: string, passwordFile: string | undefined): Place {
  return /^postgres(ql)?:/.test(text) ? { database: readDatabaseAddress(text, passwordFile) } : { folder: text };
}
