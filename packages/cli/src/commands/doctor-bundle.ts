/** `sallyport doctor bundle`: writes what support needs of this machine, and says what was changed in one. */
import type { SupportBundle } from "@sallyport/contracts";
import { checkBundle, diagnoseHost, makeBundle, writeBundle } from "@sallyport/doctor";
import type { Command } from "commander";
import { orgCommand } from "../command.ts";
import { print } from "../output.ts";
import { progressLine } from "../progress.ts";
import { readText } from "../read-text.ts";
import { agentHere, STATE_HELP } from "../this-machine.ts";
import { VERSION } from "../version.ts";
import { writeNewFile } from "../write-new-file.ts";
import { gatherBundle } from "./doctor-bundle-gather.ts";
import { gatherHost, type HostFlags } from "./doctor-host.ts";

interface BundleFlags extends HostFlags {
  output?: string;
  check?: string;
}

export function bundleCommand(doctor: Command): void {
  orgCommand<BundleFlags>(
    doctor,
    {
      name: "bundle",
      does: "write what support needs of this machine into one file, without secrets and names of people (exit code 0: written, 2: not); or check one (0: unchanged, 1: changed)",
      example: "sallyport doctor bundle -o ticket-4711.json",
      options: [
        ["-o, --output <file>", "the file, which must not exist (default: sallyport-bundle-TIME.json in this folder)"],
        ["--state <folder>", STATE_HELP],
        ["--check <file>", "say what was changed in a bundle since it was made"],
      ],
    },
    async (org, options) => {
      const { output, check } = options;
      if (check !== undefined) return sayChecked(options.json, check);
      const state = agentHere(options.state);
      const progress = progressLine("looking");
      const diagnose = async () => diagnoseHost(await gatherHost(org, options), { onProgress: progress.check });
      const { parts, secrets } = await gatherBundle({ state, root: "/", env: process.env, diagnose }).finally(progress.clear);
      const made = new Date().toISOString();
      const bundle = makeBundle(parts, { made, by: VERSION, secrets });
      const file = output ?? `sallyport-bundle-${made.replace(/[-:]|\.\d+/g, "")}.json`;
      writeNewFile(file, writeBundle(bundle));
      print(options.json, { file, ...bundle.manifest }, () => bundleLines(file, bundle));
      process.exitCode = 0;
    },
  );
}

function bundleLines(file: string, { manifest }: SupportBundle): string[] {
  return [
    `${file}: ${manifest.entries.length} entries; read it before you send it`,
    ...manifest.entries.map(({ name, bytes }) => `  ${name}  ${bytes} bytes`),
    ...(manifest.leftOut.length === 0 ? [] : ["Left out"]),
    ...manifest.leftOut.map(({ what, why }) => `  ${what}: ${why}`),
  ];
}

function sayChecked(json: boolean | undefined, file: string): void {
  const changed = checkBundle(readText(file));
  print(json, { file, changed }, () =>
    changed.length === 0 ? [`${file}: unchanged since it was made`] : changed.map((text) => `${file}: ${text}`),
  );
  process.exitCode = changed.length === 0 ? 0 : 1;
}
