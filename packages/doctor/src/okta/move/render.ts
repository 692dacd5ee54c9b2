/** A proposal as lines for a terminal: what carries over, what to decide, what has no counterpart, what to type. */
import type { ImportedSetting, OktaImport } from "@sallyport/contracts";
import { wrap } from "../../render/wrap.ts";
import { AGENT_FILE, MSI_FILE } from "./ours.ts";

const SECTIONS: readonly { verdict: ImportedSetting["verdict"]; heading: string; mark: string }[] = [
  { verdict: "carries-over", heading: "Carries over", mark: "✓" },
  { verdict: "decide", heading: "To be decided first", mark: "!" },
  { verdict: "none", heading: "Nothing to set", mark: "·" },
];
const ENROL = "ENROLCODEFILE=C:\\Users\\Administrator\\code.txt";

/** `width`: columns; only what is to be copied may be longer. */
export function renderImport(proposal: OktaImport, width = 80): string[] {
  const columns = Math.min(80, width);
  const count = (verdict: ImportedSetting["verdict"]) => proposal.settings.filter((one) => one.verdict === verdict).length;
  const head = `${proposal.files.join(", ")}: ${count("carries-over")} carry over, ${count("decide")} to be decided, ${count("none")} with nothing to set. Nothing was changed.`;
  return [
    ...wrap(head, columns),
    ...SECTIONS.flatMap(({ verdict, heading, mark }) => {
      const settings = proposal.settings.filter((one) => one.verdict === verdict);
      return settings.length === 0 ? [] : ["", heading, ...settings.flatMap((one) => settingLines(one, mark, columns))];
    }),
    "",
    "Not in these files",
    ...proposal.notInFiles.flatMap(({ what, why }) => wrap(`${what}: ${why}`, columns, "    ", "  · ")),
    ...typeLines(proposal, columns),
  ];
}

function settingLines({ found, ours, set, note }: ImportedSetting, mark: string, width: number): string[] {
  const place = found.where === "" ? "" : ` (${found.where})`;
  return [
    ...wrap(`${found.what}: ${found.value}${place}`, width, "    ", `  ${mark} `),
    ...(ours === undefined ? [] : wrap(`ours: ${ours}`, width, "      ", "    ")),
    ...set.map(({ by, text }) => `    → ${by}: ${text}`),
    ...wrap(note, width, "    "),
  ];
}

/** What carries over, to be copied as it stands. */
function typeLines({ installer, agent }: OktaImport, width: number): string[] {
  return [
    "",
    "All that carries over",
    ...wrap("on the org, for each machine (or once a client for many: docs/client-secrets.md):", width, "  "),
    "    sallyport host code --app APP",
    ...wrap("on the machine, which it leaves disarmed (docs/windows-install.md):", width, "  "),
    `    ${["msiexec /i", MSI_FILE, "/qn", ENROL, ...installer].join(" ")}`,
    ...(Object.keys(agent).length === 0
      ? []
      : [...wrap(`in ${AGENT_FILE}, beside what the enrolment wrote:`, width, "  "), `    ${JSON.stringify(agent)}`]),
  ];
}
