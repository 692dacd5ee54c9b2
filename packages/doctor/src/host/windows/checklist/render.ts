/** What a checklist showed, as lines for a terminal. */
import { wrap } from "../../../render/wrap.ts";
import type { ChecklistJudged, ChecklistRow, ChecklistVerdict } from "./judge.ts";

const MARK: Record<ChecklistVerdict, string> = { shown: "✓", "not-shown": "✗", open: "·" };

export function renderChecklist({ steps, looks }: ChecklistJudged, width = 80): string[] {
  const columns = Math.min(80, width);
  const count = (verdict: ChecklistVerdict) => [...steps, ...looks].filter((one) => one.verdict === verdict).length;
  return [
    `${count("shown")} shown, ${count("not-shown")} not, ${count("open")} open`,
    "",
    "Steps",
    ...steps.flatMap((one) => [...rowLines(one, columns), ...wrap(one.proves, columns, "      ")]),
    "",
    "What the script looked at",
    ...looks.flatMap((one) => rowLines(one, columns)),
  ];
}

function rowLines({ what, verdict, says }: ChecklistRow, width: number): string[] {
  return wrap(`${what}${says === "" ? "" : `: ${says}`}`, width, "    ", `  ${MARK[verdict]} `);
}
