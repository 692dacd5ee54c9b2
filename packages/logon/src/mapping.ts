/** Fills `{name}` and `{domain}` of a mapping from a typed name: literal text around them, no regular expression. */
import type { MappingRule } from "@sallyport/contracts";

type Filled = Partial<Record<string, string>>;

/** What the text is looked for as, if it is of the form `match`; folded texts in, an unfolded one out. */
export function mapName({ match, look }: Pick<MappingRule, "match" | "look">, text: string): string | undefined {
  const filled = readForm(match, text);
  return filled && look.replace(/\{(?:name|domain)\}/g, (placeholder) => filled[placeholder] ?? "");
}

/**
 * The placeholders' texts, if `text` has this form. Where two stand in it, the first is as short as it can be. A placeholder is one or
 * more characters without `\` and `@`, so that no part of a name slips into another.
 */
export function readForm(form: string, text: string): Filled | undefined {
  const parts = form.split(/(\{(?:name|domain)\})/).map((part, at) => (at % 2 === 0 ? fold(part) : part));
  const [before = "", first, between = "", second, after = ""] = parts;
  if (!text.startsWith(before)) return undefined;
  const rest = text.slice(before.length);
  if (first === undefined) return rest === "" ? {} : undefined;
  if (second === undefined) return rest.endsWith(between) ? filledBy({ [first]: rest.slice(0, rest.length - between.length) }) : undefined;
  if (!rest.endsWith(after)) return undefined;
  const inner = rest.slice(0, rest.length - after.length);
  for (let at = inner.indexOf(between, 1); at > 0; at = inner.indexOf(between, at + 1)) {
    const filled = filledBy({ [first]: inner.slice(0, at), [second]: inner.slice(at + between.length) });
    if (filled) return filled;
  }
  return undefined;
}

function filledBy(filled: Filled): Filled | undefined {
  return Object.values(filled).every((text) => text !== undefined && text !== "" && !/[\\@]/.test(text)) ? filled : undefined;
}

/** As `foldName`, for a piece of a name: white space at its ends belongs to it. */
function fold(piece: string): string {
  return piece.normalize("NFKC").toLowerCase().normalize("NFKC");
}
