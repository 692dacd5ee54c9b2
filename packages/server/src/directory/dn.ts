/** Distinguished names compared as a directory does (RFC 4514): not by letter case, escapes or spaces between their parts. */

/** Equal for two names of one entry. A text that is no name is folded as it stands: it equals nothing but itself. */
export function foldDn(dn: string): string {
  // Nearly all of them: nothing is escaped or quoted, and no part has two values.
  if (!/[\\"+]/.test(dn)) return dn.split(",").map(foldPlain).join(",");
  return splitAt(dn, ",")
    .map((rdn) => splitAt(rdn, "+").map(foldPair).sort().join("+"))
    .join(",");
}

function foldPlain(pair: string): string {
  const at = pair.indexOf("=");
  return `${pair.slice(0, at).trim().toLowerCase()}=${foldValue(pair.slice(at + 1).trim())}`;
}

function foldPair(pair: string): string {
  const at = pair.indexOf("=");
  return `${pair.slice(0, at).trim().toLowerCase()}=${foldValue(unescaped(trimmed(pair.slice(at + 1))))}`;
}

/** As caseIgnoreMatch prepares values (RFC 4518), as far as names of people go; separators are escaped again. */
function foldValue(value: string): string {
  return value
    .normalize("NFC")
    .toLowerCase()
    .replace(/ {2,}/g, " ")
    .replace(/[\\,+]/g, "\\$&");
}

/** Splits where the separator is neither escaped nor in quotes. */
function splitAt(text: string, separator: string): string[] {
  const parts = [""];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (character === '"') quoted = !quoted;
    if (character === separator && !quoted) parts.push("");
    else parts[parts.length - 1] += character === "\\" ? character + (text[++at] ?? "") : character;
  }
  return parts;
}

/** Spaces around a value do not count, unless the last one is escaped. */
function trimmed(value: string): string {
  const text = value.trimStart().replace(/(?<!\\) +$/, "");
  return /^".*"$/s.test(text) ? text.slice(1, -1) : text;
}

function unescaped(value: string): string {
  return value.replace(/(?:\\[0-9a-f]{2})+|\\(.)/gis, (all, one: string | undefined) =>
    one === undefined ? Buffer.from(all.replaceAll("\\", ""), "hex").toString() : one,
  );
}
