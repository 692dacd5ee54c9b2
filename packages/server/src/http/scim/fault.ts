/** What SCIM answers instead of a resource: a status, the keyword of RFC 7644 §3.12 and one sentence. */
import { Messages } from "scimmy";
import type { Outcome } from "../../flows/management/outcome.ts";

export type ScimType =
  | "invalidFilter"
  | "tooMany"
  | "uniqueness"
  | "mutability"
  | "invalidSyntax"
  | "invalidPath"
  | "noTarget"
  | "invalidValue";

export class ScimFault extends Error {
  readonly status: number;
  readonly scimType: ScimType | undefined;

  constructor(status: number, scimType: ScimType | undefined, detail: string) {
    super(detail);
    this.name = "ScimFault";
    this.status = status;
    this.scimType = scimType;
  }
}

export interface ErrorBody {
  schemas: string[];
  status: string;
  scimType?: ScimType;
  detail: string;
}

/** Not by scimmy's own class: it refuses the statuses 405, 429 and 503, and `tooMany` with the 400 that RFC 7644 gives it. */
export function bodyOf({ status, scimType, message }: ScimFault): ErrorBody {
  return { schemas: [Messages.ErrorResponse.id], ...(scimType === undefined ? {} : { scimType }), detail: message, status: String(status) };
}

/** The value of an outcome that is done; everything else is thrown at this edge. */
export function orFault<T>(outcome: Outcome<T>): T {
  switch (outcome.kind) {
    case "done":
      return outcome.value;
    case "not-found":
      throw new ScimFault(404, undefined, `this source has no such ${outcome.what}`);
    case "exists":
      throw new ScimFault(409, "uniqueness", `${outcome.field.replace(/^profile\./, "")} is taken already`);
    case "invalid":
      throw new ScimFault(400, "invalidValue", outcome.causes.join("; "));
    case "forbidden":
      throw new ScimFault(403, undefined, outcome.why);
    case "conflict":
      throw new ScimFault(409, "uniqueness", outcome.why);
    case "wrong-code":
      throw new ScimFault(403, undefined, outcome.why);
    case "overloaded":
      throw new ScimFault(503, undefined, "the org is too busy; try again");
  }
}
