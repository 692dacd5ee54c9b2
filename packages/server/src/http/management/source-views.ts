/** Sources and their runs as the management API shows them: ISO 8601 times, and never the secret. */
import type { RunView, SourceView } from "@sallyport/contracts";
import type { SourceShown } from "../../flows/management/sources.ts";
import type { RunRow } from "../../flows/store-sources.ts";
import { iso, isoOrNull } from "./views.ts";

export function sourceOf({ row, last, succeeded }: SourceShown): SourceView {
  const { name, kind, settings, everyMinutes, brake, paused, createdBy } = row;
  return {
    name,
    kind,
    settings,
    everyMinutes,
    brake,
    paused,
    created: iso(row.created),
    createdBy,
    nextAt: paused ? null : isoOrNull(row.nextAt),
    lastRun: last ? runOf(last) : null,
    lastSuccess: isoOrNull(succeeded),
  };
}

export function runOf({ started, ended, ...row }: RunRow): RunView {
  return { ...row, started: iso(started), ended: isoOrNull(ended) };
}
