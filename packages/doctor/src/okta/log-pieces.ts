/** Tells the parts of a log apart: where a line ends, where an exception begins, what still belongs to its stack. */

/**
 * What ends a part: real line ends, and the ones that a logger or a shipper wrote out. A written-out `\n` counts only where a stack or a
 * new line can begin, since `C:\new` holds one too.
 */
export const SEPARATOR =
  /\r?\n|\r|<CR><LF>|<CR>|<LF>|\\r\\n|\\[nr](?=\s|-{2}|\[|\d|[a-z]{1,4} [A-Z]\w*\.|[A-Z]\w*\.|["']?[,}]|$)|\\u000[dD]\\u000[aA]|&#x[dD];&#x[aA];|&#13;&#10;|_x000[dD]_/g;

/** `at System.Net.HttpWebRequest.GetResponse()`, in the language of Windows: `bei`, `à`, `en`, `w`, … */
const FRAME = /(?:^|\s)\S{1,12}?\s{1,3}(?:[A-Za-z_][\w`+]*\.){1,12}(?:[\w<>`[\],]+|\.c?ctor) ?\(/;
/** A frame of a name space that is known, also glued to what stands before it: `GetResponse()at OktaWidget.JwtService…`. */
const KNOWN_FRAME = /\b(?:System|OktaWidget|Microsoft)(?:\.[\w<>`]+){1,12}(?:\.\.c?ctor)? ?\(/g;
const TEXTS =
  /HS(?:256|384|512)\W.{0,80}\b128\b|\bIDX10\d{3}\b|MFA Bypass|Display Failed|Multi[- ]?[Ff]actor Authentication Failed|not signed by a valid security certificate/;
/** `InvalidOperationException thrown `, `exception thrown is = `: part of the event, not of the time before it. */
const ANNOUNCED = /(?:\w{0,60}[Ee]xception thrown(?: is)?\s{0,4}(?:[=-]\s{0,4})?)$/;
const LONGEST_TYPE = 200;
/** A frame stands at the start of its line, behind a time at most. */
const LONGEST_LOOK = 400;

export interface TypeAt {
  index: number;
  name: string;
}

/** The next type of .NET that ends in Exception, with its name space: `System.Net.WebException`, also in `System.FormatExceptiondata`. */
export function findType(text: string, from = 0): TypeAt | undefined {
  for (let at = text.indexOf("Exception", from); at !== -1; at = text.indexOf("Exception", at + 9)) {
    let start = at;
    const earliest = Math.max(from, at - LONGEST_TYPE);
    while (start > earliest && isWord(text.charCodeAt(start - 1))) start -= 1;
    const name = text.slice(start, at + 9);
    if (/^[A-Za-z_][\w`+]*\./.test(name)) return { index: start, name };
  }
  return undefined;
}

/** Letters, digits, `_`, `.`, `` ` `` and `+`: what names of types are made of. */
const isWord = (code: number) =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  (code >= 46 && code <= 57 && code !== 47) ||
  code === 95 ||
  code === 96 ||
  code === 43;

function findKnownFrame(text: string): { index: number; end: number } | undefined {
  KNOWN_FRAME.lastIndex = 0;
  for (let found = KNOWN_FRAME.exec(text); found; found = KNOWN_FRAME.exec(text)) {
    // `System.ComponentModel.Win32Exception (0x80004005)` is an exception with its number.
    if (!/Exception \($/.test(found[0])) return { index: found.index, end: found.index + found[0].length };
  }
  return undefined;
}

/**
 * Offset in a part where an event begins; `undefined` if none does. `headless`: a stack without its head may begin one too, as at the
 * start of a file that was cut.
 */
export function startsEvent(part: string, headless: boolean): number | undefined {
  const type = findType(part);
  const frame = findKnownFrame(part);
  if (type && !(frame && type.index >= frame.index)) {
    const lead = part.slice(Math.max(0, type.index - 100), type.index);
    const announced = lead.includes("xception thrown") ? ANNOUNCED.exec(lead) : undefined;
    return type.index - (announced?.[0].length ?? 0);
  }
  const text = TEXTS.exec(part);
  if (text && !(frame && text.index > frame.index)) return text.index;
  if (!headless || !frame || !/OktaWidget\.\w/.test(part)) return undefined;
  // Without a type the number of a cut-off message may still stand before the stack.
  return statusAt(part.slice(0, frame.index)) ?? frame.index;
}

/** Where a number in brackets stands in a message. */
export function statusAt(text: string): number | undefined {
  return /[(（]\d{3}[)）]/.exec(text)?.index;
}

/** A part of a stack and nothing else. */
export const isFrame = (part: string) => findType(part) === undefined && (findKnownFrame(part) !== undefined || FRAME.test(part));

/** True if a part still belongs to the event whose last part is `before`. */
export function continues(part: string, before: string): boolean {
  const text = part.length > LONGEST_LOOK ? part.slice(0, LONGEST_LOOK) : part;
  if (text.trim() === "" || /--->\s*$/.test(before)) return true;
  if (text.includes("--") && (/^\s*--/.test(text) || /--- .{3,80} ---\s*$/.test(text))) return true;
  const type = findType(text);
  if (type) return findKnownFrame(text.slice(0, type.index + type.name.length + 2)) !== undefined;
  if (/^\s\s+\S/.test(text)) return true;
  return text.includes("(") && (FRAME.test(text) || findKnownFrame(text) !== undefined);
}
