/** The ways that a person has at one prompt: codes typed at once, and factors that are asked for by their word or number. */
import type { EnrolledKind, FactorView, TransactionView } from "@sallyport/contracts";

export interface Way {
  kind: EnrolledKind;
  /** What the person types to choose it. */
  word: string;
  /** Tells the kind, never a device, an address or a number (S16). */
  label: string;
  factor: string;
}

export interface Offer {
  /** The factor that typed codes are handed to: the org tells by their shape which they are. */
  typed: { id: string; kind: EnrolledKind; digits: number | undefined } | undefined;
  /** Only who has recovery codes hears of them. */
  recovery: boolean;
  ways: Way[];
}

/** In the order in which they are listed. A passkey answers in a browser, by a link. */
const ASKED: Partial<Record<EnrolledKind, { word: string; label: string }>> = {
  push: { word: "push", label: "push: a request to your phone" },
  email: { word: "mail", label: "mail: a code by mail" },
  sms: { word: "sms", label: "sms: a code by text message" },
  call: { word: "call", label: "call: a code by a call" },
  passkey: { word: "link", label: "link: your passkey, in a browser" },
};

/** @param serial the provider has one code and no way to choose. */
export function offerOf(view: TransactionView, serial: boolean): Offer {
  const factors = (view._embedded?.factors ?? []).filter(hasId);
  const typed = factors.find(({ kind }) => kind === "totp") ?? factors.find(({ kind }) => kind === "recovery");
  return {
    typed: typed && { id: typed.id, kind: typed.kind, digits: typed.digits },
    recovery: factors.some(({ kind }) => kind === "recovery"),
    ways: serial ? [] : waysOf(factors),
  };
}

/** One of each kind: two phones are asked as one. */
function waysOf(factors: (FactorView & { id: string })[]): Way[] {
  return (Object.keys(ASKED) as EnrolledKind[]).flatMap((kind) => {
    const factor = factors.find((one) => one.kind === kind);
    const said = ASKED[kind];
    return factor && said ? [{ kind, ...said, factor: factor.id }] : [];
  });
}

/** What was typed, if it is the word of a way; a provider that draws a list sends the word for its number. */
export function chosenWay(ways: readonly Way[], typed: string): Way | undefined {
  const word = typed.trim().toLowerCase();
  return ways.find((way) => way.word === word);
}

function hasId(factor: FactorView): factor is FactorView & { id: string } {
  return factor.id !== undefined;
}
