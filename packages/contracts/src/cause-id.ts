/** A cause's id as a schema: an id that is not in the closed table does not parse. */
import * as z from "zod";
import { CAUSES, type CauseId } from "./causes.ts";

export const causeId = z.custom<CauseId>((value) => typeof value === "string" && Object.hasOwn(CAUSES, value), {
  error: "not a cause of the table",
});
