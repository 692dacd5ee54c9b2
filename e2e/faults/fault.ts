/** What the matrix is made of: a fault as the outside world brings it about, and what the doctor must say of it. */
import type { CauseId } from "@sallyport/contracts";
import type { Person } from "../machine/org.ts";
import type { Asked, World } from "./world.ts";

export interface Brought {
  /** Puts the world right again. */
  repair(): Promise<unknown> | unknown;
  /** What the person does otherwise than they should. */
  typed?: Typed;
  /** The fault uses up the person's code, or keeps the person out for a while: another one tries when it is gone. */
  another?: boolean;
}

/** How a person types at a logon; what is left out is right. */
export interface Typed {
  name?: string;
  password?: string;
  /** One after the other, as often as asked; none at all: the person leaves. */
  codes?: string[];
}

export interface Fault {
  /** As a person would tell it. */
  name: string;
  /** How an administrator asks; each way is a cell of its own. */
  forms: Asked[];
  root: CauseId;
  /** What the fix must hold: the place that is to be put right. */
  fix: string | RegExp;
  /** What the evidence must hold: the place where it was seen. */
  seen?: string | RegExp;
  /** What this machine shows with a fault and without. */
  beside?: CauseId[];
  /** The person is to have no second factor. */
  factor?: false;
  bring(world: World, person: Person): Promise<Brought> | Brought;
}

/** Two faults at once, by their names; asked as the form says. */
export interface Pair {
  form: Asked;
  first: string;
  second: string;
  /** `both` are confirmed; or the first hides the second, of which then nobody may claim that it is there or that it is not. */
  expect: "both" | "hidden";
}
