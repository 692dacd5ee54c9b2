/** Diagnoses a Windows machine from the file that collect.ps1 wrote there: no network, nothing changed, on any machine. */
import type { Diagnosis } from "@sallyport/contracts";
import type { Check } from "../../check.ts";
import { conclude, tableText } from "../../conclude.ts";
import { diagnose, type Progress } from "../../diagnose.ts";
import { type WindowsCheckOptions, windowsChecks } from "./checks.ts";
import type { HasWindows } from "./look.ts";
import { readWindowsFacts } from "./read-facts.ts";

export interface DiagnoseWindowsOptions extends WindowsCheckOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

const LIMIT_MS = 8000;

/** `content`: the file's bytes, in UTF-8 or UTF-16, or its text. A file that cannot be used is told by line, column and path. */
export async function diagnoseWindowsFacts(content: Uint8Array | string, options: DiagnoseWindowsOptions = {}): Promise<Diagnosis> {
  const { file = "facts.json", signal, onProgress } = options;
  const read = readWindowsFacts(content, file);
  if (!read.ok)
    return conclude({ seen: [], incidents: [], missed: read.complaints.map((why) => ({ what: "the machine's facts", why, asked: true })) });
  const checks: Check<HasWindows>[] = windowsChecks<HasWindows>(options);
  return diagnose<HasWindows>(checks, {
    facts: { windows: read.facts },
    limitMs: LIMIT_MS,
    textOf: (cause) => tableText(cause, "windows"),
    bring: { windows: "run collect.ps1 on the machine, and name the file that it wrote" },
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
}
