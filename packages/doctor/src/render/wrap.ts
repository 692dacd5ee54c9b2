/** Lays text out in a given width, and takes from it what could rewrite a terminal or a page. */

/** Names come from logs: control characters and bidi marks would let them rewrite the screen. */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f]/g, "�");
}

/** Lines of at most `width` characters, each behind `indent`; a longer word stands on a line of its own, cut at a slash or hard. */
export function wrap(text: string, width: number, indent = "", first = indent): string[] {
  const room = Math.max(20, width - indent.length);
  const words = clean(text)
    .split(" ")
    .flatMap((word) => cut(word, room));
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line !== "" && length(line) + 1 + length(word) > room) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((one, at) => `${at === 0 ? first : indent}${one}`.trimEnd());
}

const length = (text: string) => [...text].length;

function cut(word: string, room: number): string[] {
  const characters = [...word];
  if (characters.length <= room) return [word];
  const parts: string[] = [];
  for (let at = 0; at < characters.length; ) {
    const part = characters.slice(at, at + room);
    // A path is rather broken where it is divided, if that does not leave half of the line empty.
    const divided = at + room < characters.length ? Math.max(part.lastIndexOf("\\"), part.lastIndexOf("/")) + 1 : 0;
    const length = divided > room / 2 ? divided : part.length;
    parts.push(part.slice(0, length).join(""));
    at += length;
  }
  return parts;
}
