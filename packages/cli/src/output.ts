/** Prints results: plain aligned text for people, one JSON value for scripts. */

/** `--json` prints `value` alone on standard output; else `lines` are for people. */
export function print(json: boolean | undefined, value: unknown, lines: () => string | string[]): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    return;
  }
  const text = [lines()].flat().join("\n");
  if (text !== "") process.stdout.write(`${clean(text)}\n`);
}

/** Rows as aligned columns under a heading; an empty table says so. */
export function table(head: string[], rows: (string | number | null | undefined)[][], empty: string): string[] {
  if (rows.length === 0) return [empty];
  const all = [head, ...rows.map((row) => row.map((cell) => (cell === null || cell === undefined ? "–" : String(cell))))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => [...(row[column] ?? "")].length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - [...cell].length))
      .join("  ")
      .trimEnd(),
  );
}

/** Names come from logon screens: control characters and bidi marks would let them rewrite the terminal. */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "�");
}
