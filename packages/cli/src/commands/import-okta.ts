/** `sallyport import okta`: proposes our settings for those of Okta's credential provider, and changes nothing. */
import { proposeFromOkta, renderImport } from "@sallyport/doctor";
import type { Command } from "commander";
import { plainCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { print } from "../output.ts";

export function importCommands(program: Command): void {
  const group = program.command("import").description("settings of another product: what stands for them here");
  plainCommand(
    group,
    {
      name: "okta <files...>",
      does: "propose settings for those of the Okta credential provider, from its rdp_app_config.json and registry exports; the files are only read",
      example: "sallyport import okta rdp_app_config.json okta.reg",
    },
    async (options, ...files) => {
      const done = await proposeFromOkta(files);
      if (!done.ok) throw new Complaint(done.complaints.join("\n"), { complaints: done.complaints });
      print(options.json, done.proposal, () => renderImport(done.proposal, process.stdout.columns));
    },
  );
}
