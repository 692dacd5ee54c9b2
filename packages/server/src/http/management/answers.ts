/** Turns what a flow came to into an answer, or into the refusal that names what to put right. */
import type { Outcome, Refusal } from "../../flows/management/outcome.ts";
import { Refused } from "../refuse.ts";

/** The value of an outcome that is done; everything else is thrown at this edge. */
export function orRefuse<T>(outcome: Outcome<T>): T {
  if (outcome.kind === "done") return outcome.value;
  throw refusalOf(outcome);
}

/** The sentence that clients of the public API know for a name that is taken. */
const TAKEN = "An object with this field already exists in the current organization";

function refusalOf(refusal: Refusal): Refused {
  switch (refusal.kind) {
    case "not-found":
      return new Refused({ code: "E0000007", summary: `Not found: Resource not found (${refusal.what})` });
    case "exists":
      return new Refused({ code: "E0000001", causes: [`${refusal.field}: ${TAKEN}`] });
    case "invalid":
      return new Refused({ code: "E0000001", causes: refusal.causes });
    case "forbidden":
      return new Refused({ code: "E0000006", causes: [refusal.why] });
    case "conflict":
      return new Refused({ code: "S0000005", causes: [refusal.why] });
    case "wrong-code":
      return new Refused({ code: "E0000068", causes: [refusal.why] });
    case "overloaded":
      return new Refused({ code: "S0000004", cause: "org.overloaded" });
  }
}
