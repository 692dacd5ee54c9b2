/** Asks the org for the dry run that `sallyport doctor user` explains. */
import { isIP } from "node:net";
import type { ClientAddress, DryRunAnswer, DryRunRequest, Scenario } from "@sallyport/contracts";
import type { UserAsked } from "@sallyport/doctor";
import type { CommonOptions } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";

export interface UserFlags extends CommonOptions {
  host: string;
  service: string;
  scenario?: string;
  from?: string;
  claimed?: boolean;
  at?: string;
  html?: string;
}

export const USER_OPTIONS: [string, string][] = [
  ["--from <address>", "the client's IP address, as the machine sees it"],
  ["--claimed", "--from is only what the other side says, so that it lies in no zone"],
  ["--at <time>", "ISO 8601 time, such as 2026-05-06T03:00+02:00 (default: now)"],
];

/** A name such as `CORP\alice` goes as it was typed, in one piece: that is how PAM has it; the rules read it like two. */
export async function askDryRun(org: OrgClient, typed: string, flags: UserFlags): Promise<{ asked: UserAsked; answer: DryRunAnswer }> {
  const address = addressOf(flags);
  const request: DryRunRequest = {
    username: typed,
    host: flags.host,
    service: flags.service,
    ...(flags.scenario === undefined ? {} : { scenario: flags.scenario as Scenario }),
    ...(address ? { address } : {}),
    ...(flags.at === undefined ? {} : { at: timeOf(flags.at) }),
  };
  const answer = await org.send<DryRunAnswer>("POST", "/api/v1/logons/rehearse", request);
  return { asked: { typed, host: flags.host, address }, answer };
}

function addressOf({ from, claimed }: UserFlags): ClientAddress | undefined {
  if (from === undefined && claimed) throw new Complaint("--claimed says something of --from, which is missing");
  if (from !== undefined && isIP(from) === 0) throw new Complaint(`--from ${from} is no IP address`);
  return from === undefined ? undefined : { value: from, origin: claimed ? "claimed" : "socket" };
}

/** With a date: a time of day alone, or one without a zone, would mean something else on every machine. */
function timeOf(text: string): string {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new Complaint(`--at ${text} is no ISO 8601 time with a zone, such as 2026-05-06T03:00Z`);
  return new Date(at).toISOString();
}
