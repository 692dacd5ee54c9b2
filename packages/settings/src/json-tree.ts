/** Parses JSON into a tree whose nodes know where they stand, and says where a text is not JSON. */
import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";

export interface TreeComplaint {
  /** Offset in UTF-16 units. */
  offset: number;
  path: (string | number)[];
  message: string;
}
export type Tree = { ok: true; root: Node } | { ok: false; complaints: TreeComplaint[] };

const MESSAGES: Record<string, string> = {
  InvalidSymbol: "something that JSON does not know here (words stand in double quotes, but for true, false and null)",
  InvalidNumberFormat: "not a number as JSON writes it",
  PropertyNameExpected: "a key in double quotes is expected here (is there a comma too many before?)",
  ValueExpected: "a value is expected here (is there a comma too many before?)",
  ColonExpected: "a colon is expected here",
  CommaExpected: "a comma is expected here",
  CloseBraceExpected: "a closing } is missing",
  CloseBracketExpected: "a closing ] is missing",
  EndOfFileExpected: "text after the end of the JSON value",
  InvalidCommentToken: "JSON has no comments",
  UnexpectedEndOfComment: "JSON has no comments",
  UnexpectedEndOfString: "a string that is not closed on its line",
  UnexpectedEndOfNumber: "a number that is not complete",
  InvalidUnicode: "\\u needs four hexadecimal digits",
  InvalidEscapeCharacter: "a backslash before a character that needs none",
  InvalidCharacter: "a control character inside a string",
};

/** Reads RFC 8259 JSON: no comments, no trailing commas, no duplicate keys, no byte order mark, nothing nested deeper than `depth`. */
export function readTree(text: string, depth: number): Tree {
  if (text.startsWith("\ufeff")) {
    return refuse([{ offset: 0, path: [], message: "the file begins with a byte order mark; save it as UTF-8 without one" }]);
  }
  if (text.trim() === "") return refuse([{ offset: 0, path: [], message: "the file is empty" }]);
  const tooDeep = findTooDeep(text, depth);
  if (tooDeep !== undefined) return refuse([{ offset: tooDeep, path: [], message: `nested deeper than ${depth} levels` }]);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  const first = errors[0];
  if (first || !root) return refuse([syntaxComplaint(text, first)]);
  const duplicates = [...findBadKeys(root, [])];
  return duplicates.length > 0 ? refuse(duplicates) : { ok: true, root };
}

function refuse(complaints: TreeComplaint[]): Tree {
  return { ok: false, complaints };
}

/** Only the first mistake is told: what a parser says after it lost its place misleads. */
function syntaxComplaint(text: string, error: ParseError | undefined): TreeComplaint {
  const code = error ? printParseErrorCode(error.error) : "";
  return { offset: Math.min(error?.offset ?? 0, text.length), path: [], message: MESSAGES[code] ?? "not JSON" };
}

/** Looks before the parser does: it recurses, so that depth must be bounded first. Brackets within strings do not count. */
function findTooDeep(text: string, limit: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (inString) {
      if (c === "\\") i += 1;
      else if (c === '"' || c === "\n") inString = false;
    } else if (c === '"') inString = true;
    else if (c === "{" || c === "[") {
      depth += 1;
      if (depth > limit) return i;
    } else if (c === "}" || c === "]") depth -= 1;
  }
  return undefined;
}

function* findBadKeys(node: Node, path: (string | number)[]): Generator<TreeComplaint> {
  // Half a surrogate pair is no character: other readers refuse it, and it cannot be written as UTF-8.
  if (node.type === "string" && !String(node.value).isWellFormed()) yield { offset: node.offset, path, message: "half a surrogate pair" };
  if (node.type === "array") {
    for (const [i, child] of (node.children ?? []).entries()) yield* findBadKeys(child, [...path, i]);
  }
  if (node.type !== "object") return;
  const seen = new Set<string>();
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    const name = String(key?.value);
    if (seen.has(name)) yield { offset: property.offset, path: [...path, name], message: `“${name}” stands here a second time` };
    // A key that would set an object's prototype instead of a value never means well.
    if (name === "__proto__") yield { offset: property.offset, path: [...path, name], message: "“__proto__” is not a key" };
    seen.add(name);
    if (value) yield* findBadKeys(value, [...path, name]);
  }
}
