/** What of an exception decides: its types, the number in brackets, the frames of its stack; words only where they are the same in every language, or as a help. */
import { findType } from "./log-pieces.ts";

export interface Signals {
  /** Types from the outermost to the innermost. */
  types: string[];
  /** HTTP status out of `error: (401) …`. */
  status?: number;
  /** `0x80090331` of a Windows error, lower case. */
  code?: string;
  /** Name in quotes that is no file, as the only WebException with one has it: the host that does not resolve. */
  quotedHost?: string;
  /** The whole text, for frames and words. */
  text: string;
}

const STATUS = /[(（]([1-5]\d\d)[)）]/;
/** HttpClient writes it the other way round: `: 401 (Unauthorized)`. */
const CLIENT_STATUS = /[:：] ?([1-5]\d\d) ?[(（]/;
const FRAME_START = /(?:System\.Net\.HttpWebRequest\.|OktaWidget\.\w+\.)/;
const MOST_TYPES = 12;

export function readSignals(text: string): Signals {
  const types: string[] = [];
  for (let found = findType(text); found && types.length < MOST_TYPES; found = findType(text, found.index + found.name.length)) {
    if (types.at(-1) !== found.name) types.push(found.name);
  }
  const message = messageOf(text);
  const client = types.some((type) => type.endsWith(".HttpRequestException")) ? CLIENT_STATUS.exec(message) : undefined;
  const status = (STATUS.exec(message) ?? client)?.[1];
  const code = /\((0x[0-9A-Fa-f]{8})\)/.exec(text.replace(/\(0x80004005\)/gi, ""))?.[1];
  const host = /['"«„“「]((?=.{4,253}['"»“”」])(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z]{2,24})['"»“”」]/.exec(message)?.[1];
  return {
    types,
    ...(status !== undefined && maySpeakHttp(types, text) ? { status: Number(status) } : {}),
    ...(code === undefined ? {} : { code: code.toLowerCase() }),
    ...(host === undefined ? {} : { quotedHost: host }),
    text,
  };
}

/** From the innermost name of a type to its stack. */
function messageOf(text: string): string {
  const stack = FRAME_START.exec(text)?.index ?? text.length;
  return text.slice(0, Math.min(stack, 4096));
}

/** A number in brackets is a status only behind a WebException, or where the head is cut off before the call to the org. */
function maySpeakHttp(types: string[], text: string): boolean {
  if (types.length === 0) return FRAME_START.test(text);
  return types.some((type) => type.endsWith(".WebException") || type.endsWith(".HttpRequestException"));
}

export const hasType = ({ types }: Signals, name: string) => types.some((type) => type.endsWith(`.${name}`));

/** The innermost frame of the other product's own code: where it happened. */
export function ownFrame({ text }: Signals): string | undefined {
  return /OktaWidget(?:\.\w+){1,12}(?:\.\.ctor)?(?= ?\()/.exec(text)?.[0];
}

/** A stack that holds frames of neither .NET nor the other product, and none of its: another program's. */
export function isForeign({ text }: Signals): boolean {
  if (/OktaWidget\.|OktaCredential/.test(text)) return false;
  for (const [, name = ""] of text.matchAll(/(?:^|\s|\))(?:at|bei|à|en|in|w|em|v|in)\s+((?:[A-Za-z_]\w*\.){1,12}[\w.<>`]+) ?\(/g)) {
    if (!/^(?:System\.|Microsoft\.|MS\.|Windows\.|Newtonsoft\.|Okta)/.test(name)) return true;
  }
  return false;
}
