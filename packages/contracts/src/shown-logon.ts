/** A logon at a machine as its person is shown it in a browser, so that they can tell their own from somebody else's. */
import * as z from "zod";
import { clientAddress, scenario, service } from "./door.ts";
import { reference } from "./reference.ts";

export const shownLogon = z.object({
  host: z.string(),
  service,
  scenario,
  /** As typed at the machine. */
  username: z.string(),
  /** `origin` *claimed*: the machine was only told so; null: the machine did not say. */
  address: clientAddress.nullable(),
  startedAt: z.iso.datetime(),
  reference,
});
export type ShownLogon = z.infer<typeof shownLogon>;
