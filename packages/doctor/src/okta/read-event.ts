/** Reads one exception with its stack out of the text around a hit. */
import { continues, isFrame, SEPARATOR, startsEvent, statusAt } from "./log-pieces.ts";

export interface ReadEvent {
  /** Start of the part that it begins in, of itself, and its end: offsets in the window. */
  piece: number;
  start: number;
  end: number;
  text: string;
}

/** The whole part around the hit holds no event: what follows begins here. */
export interface Nothing {
  nothingUntil: number;
}

const FIRST_WINDOW = 2048;
const LARGEST_WINDOW = 64 << 10;

/** `window(n)` gives up to n characters from a point before `hit`; `headless`: a stack without its head counts. */
export function readEvent(window: (length: number) => string, hit: number, headless: boolean): ReadEvent | Nothing {
  for (let size = FIRST_WINDOW + hit; ; size *= 2) {
    const text = window(size);
    const whole = text.length < size || size > LARGEST_WINDOW;
    const read = readPieces(text, hit, headless, whole);
    if (read !== "more") return read;
  }
}

/** `more`: the event reaches the end of the window, and the window can grow. */
function readPieces(text: string, hit: number, headless: boolean, whole: boolean): ReadEvent | Nothing | "more" {
  const first = pieceAround(text, hit);
  if (first.end === undefined && !whole) return "more";
  const head = text.slice(first.start, first.end);
  const at = startsEvent(head, headless);
  if (at === undefined) return { nothingUntil: first.end ?? text.length };
  const parts = [head.slice(at)];
  let end = first.end ?? text.length;
  for (let next = first.next; next !== undefined && next < text.length; ) {
    const piece = pieceFrom(text, next);
    if (piece.end === undefined && !whole) return "more";
    const line = text.slice(piece.start, piece.end);
    if (!continues(line, parts.at(-1) ?? "")) break;
    const trimmed = line.trim();
    if (trimmed !== "") parts.push(trimmed);
    end = piece.end ?? text.length;
    next = piece.next ?? text.length;
  }
  return { piece: first.start, start: first.start + at, end, text: parts.join("\n") };
}

interface Piece {
  start: number;
  /** Without it, the piece runs to the end of what is there. */
  end: number | undefined;
  next: number | undefined;
}

function pieceFrom(text: string, start: number): Piece {
  SEPARATOR.lastIndex = start;
  const found = SEPARATOR.exec(text);
  return { start, end: found?.index, next: found ? SEPARATOR.lastIndex : undefined };
}

function pieceAround(text: string, hit: number): Piece {
  let piece = pieceFrom(text, 0);
  while (piece.next !== undefined && piece.next <= hit) piece = pieceFrom(text, piece.next);
  return piece;
}

/** True if what follows an event at the start of `text` still belongs to it. */
export function goesOn(text: string, lastPart: string): boolean {
  let piece = pieceFrom(text, 0);
  // The event ended before its separator, and blank parts decide nothing.
  while (piece.next !== undefined && text.slice(piece.start, piece.end).trim() === "") piece = pieceFrom(text, piece.next);
  const line = text.slice(piece.start, piece.end);
  return line.trim() !== "" && continues(line, lastPart);
}

/** The head of a stack that was found by its later frames: the frames before, and the number of a message that is cut off. */
export function headOf(before: string): { start: number; text: string } | undefined {
  const pieces: Piece[] = [];
  for (let piece = pieceFrom(before, 0); ; piece = pieceFrom(before, piece.next as number)) {
    pieces.push(piece);
    if (piece.next === undefined) break;
  }
  const parts: string[] = [];
  let start: number | undefined;
  for (const piece of pieces.reverse()) {
    const line = before.slice(piece.start, piece.end);
    if (line.trim() === "") continue;
    const status = isFrame(line) ? undefined : statusAt(line);
    if (!isFrame(line) && status === undefined) break;
    start = piece.start + (status ?? 0);
    parts.unshift(line.slice(status ?? 0).trim());
    if (status !== undefined) break;
  }
  return start === undefined ? undefined : { start, text: parts.join("\n") };
}
