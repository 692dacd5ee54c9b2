/** What a person types or pastes of a sealed text: reads its symbols, and finds the place of what is wrong. */
import { CROCKFORD, crockfordValue } from "./crockford.ts";
import { BLOCK_DATA, BLOCK_LENGTH, checkBlock, sealBlock } from "./enrolment-code-blocks.ts";
import { nameCharacter } from "./odd-characters.ts";

export interface TypedWrong {
  ok: false;
  reason: string;
  /** 1-based position in the text as typed, when one character is to blame. */
  position?: number;
  /** 1-based first and last position of the stretch that holds the mistake, when more than one character is wrong. */
  between?: [number, number];
  /** Plain name of a character that does not belong there at all, such as "zero-width space". */
  character?: string;
}

export interface TypedSymbol {
  value: number;
  position: number;
  character: string;
}

export interface TypedForm {
  /** Letters before the first symbol, such as `SALLY1`. */
  prefix: string;
  /** With its article: "an enrolment code". */
  called: string;
  /** One character that does not matter wherever it stands. */
  skipped: RegExp;
}

/** Writes symbols with two check characters for every 23, as `PREFIX-XXXXX-…` in groups of `group`. */
export function writeSealed(prefix: string, symbols: readonly number[], group: number): string {
  let text = "";
  for (let i = 0; i < symbols.length; i += BLOCK_DATA) {
    for (const symbol of sealBlock(symbols.slice(i, i + BLOCK_DATA))) text += CROCKFORD[symbol];
  }
  return [prefix, ...(text.match(new RegExp(`.{1,${group}}`, "g")) ?? [])].join("-");
}

/** Reads the symbols after the prefix; case does not matter. A character that belongs to no such text is refused by name and position. */
export function readSymbols(typed: string, form: TypedForm): { ok: true; symbols: TypedSymbol[] } | TypedWrong {
  const symbols: TypedSymbol[] = [];
  let prefix = "";
  for (const [index, character] of [...typed].entries()) {
    const position = index + 1;
    if (form.skipped.test(character)) continue;
    const value = crockfordValue(character);
    const belongs = prefix.length < form.prefix.length ? /^[0-9A-Za-z]$/.test(character) : value >= 0;
    if (!belongs) {
      const name = nameCharacter(character);
      return { ok: false, reason: `character ${position} is a ${name}; ${form.called} has none`, position, character: name };
    }
    if (prefix.length < form.prefix.length) {
      prefix += character.toUpperCase();
      if (!form.prefix.startsWith(prefix)) return { ok: false, reason: `${form.called} begins with ${form.prefix}-`, position };
      continue;
    }
    symbols.push({ value, position, character });
  }
  return symbols.length === 0 ? { ok: false, reason: `${form.called} is not there: it is empty` } : { ok: true, symbols };
}

/** `data`: the symbols without their check characters, a single mistake of each block repaired; `broken`: the first mistake. */
export function checkSymbols(symbols: readonly TypedSymbol[]): { data: number[]; broken?: TypedWrong } {
  const data: number[] = [];
  let broken: TypedWrong | undefined;
  for (let i = 0; i < symbols.length; i += BLOCK_LENGTH) {
    const block = symbols.slice(i, i + BLOCK_LENGTH);
    const checked = checkBlock(block.map((symbol) => symbol.value));
    const first = block[0]?.position ?? 1;
    const last = block.at(-1)?.position ?? 1;
    const wrong = checked.fault === "one" ? block[checked.index] : undefined;
    if (wrong) broken ??= { ok: false, reason: `character ${wrong.position} (“${wrong.character}”) is wrong`, position: wrong.position };
    else if (checked.fault !== "none") broken ??= manyWrong(first, last);
    data.push(...checked.data);
  }
  return { data, ...(broken ? { broken } : {}) };
}

export function manyWrong(first: number, last: number): TypedWrong {
  return { ok: false, reason: `something is wrong between character ${first} and ${last}`, between: [first, last] };
}
