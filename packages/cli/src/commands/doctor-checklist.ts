/** `sallyport doctor checklist`: what the answers of checklist.ps1 show of a real Windows. */
import { basename } from "node:path";
import { checklistExitCode, judgeChecklist, renderChecklist } from "@sallyport/doctor";
import type { Command } from "commander";
import { plainCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { print } from "../output.ts";
import { readBytes } from "../read-text.ts";

export function checklistCommand(doctor: Command): void {
  plainCommand(
    doctor,
    {
      name: "checklist <answers>",
      does: "say what the answers show that checklist.ps1 wrote on a Windows machine (exit code 0: all was seen, 1: something was not, 2: something is open)",
      example: "sallyport doctor checklist answers.json",
    },
    async (options, file = "") => {
      const done = await judgeChecklist(readBytes(file), basename(file));
      if (!done.ok) throw new Complaint(done.complaints.join("\n"), { complaints: done.complaints });
      print(options.json, done.judged, () => renderChecklist(done.judged, process.stdout.columns));
      process.exitCode = checklistExitCode(done.judged);
    },
  );
}
