/** Draws what stood on a terminal as a picture, for the README: the text is the terminal's, nothing is added. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { must } from "./processes.ts";

const WIDTH = 110;

export function drawTerminal(text: string, file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const lines = text.trimEnd().split("\n").flatMap(wrapped);
  // ImageMagick reads % and \ as its own.
  const safe = lines.join("\n").replaceAll("\\", "\\\\").replaceAll("%", "%%");
  const look = ["-background", "#0f172a", "-fill", "#e2e8f0", "-font", "DejaVu-Sans-Mono", "-pointsize", "15", "-interline-spacing", "3"];
  must("convert", [...look, `label:${safe}`, "-bordercolor", "#0f172a", "-border", "18", "-strip", file]);
}

/** As a terminal of this width shows a long line. */
function wrapped(line: string): string[] {
  return line.match(new RegExp(`.{1,${WIDTH}}`, "g")) ?? [" "];
}
