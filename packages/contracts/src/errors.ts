/** The closed table of error codes that the HTTP API answers with, in the shape of the public Okta Authn API. */
import * as z from "zod";
import { causeId } from "./cause-id.ts";

/** HTTP status and public sentence of each code. Codes `E0000…` are the documented public ones; `S…` are ours. A retired code is never used again. */
export const ERRORS = {
  E0000001: { status: 400, summary: "Api validation failed" },
  E0000003: { status: 400, summary: "The request body was not well-formed." },
  E0000004: { status: 401, summary: "Authentication failed" },
  E0000006: { status: 403, summary: "You do not have permission to perform the requested action" },
  E0000007: { status: 404, summary: "Not found: Resource not found" },
  E0000009: { status: 500, summary: "Internal Server Error" },
  E0000011: { status: 401, summary: "Invalid token provided" },
  E0000014: { status: 403, summary: "Update of credentials failed" },
  E0000022: { status: 405, summary: "The endpoint does not support the provided HTTP method" },
  E0000047: { status: 429, summary: "API call exceeded rate limit due to too many requests." },
  E0000068: { status: 403, summary: "Invalid Passcode/Answer" },
  E0000069: { status: 403, summary: "User Locked" },
  E0000079: { status: 403, summary: "This operation is not allowed in the current authentication state." },
  S0000001: { status: 403, summary: "The logon is refused." },
  S0000002: { status: 401, summary: "The host could not be authenticated." },
  S0000003: { status: 413, summary: "The request body is too large." },
  S0000004: { status: 503, summary: "The org cannot answer right now." },
  S0000005: { status: 409, summary: "The resource exists or has changed." },
  S0000006: { status: 400, summary: "The enrolment code is not valid." },
  S0000007: { status: 403, summary: "The registration is refused." },
  S0000008: { status: 403, summary: "Prove your second factor again first." },
  S0000010: { status: 401, summary: "The phone could not be authenticated." },
  S0000011: { status: 403, summary: "The activation code is wrong, was used, or is too old." },
  S0000012: { status: 403, summary: "The phone's answer does not fit the request." },
} as const satisfies Record<string, { status: number; summary: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** What every refused call answers. `cause`, `reference` and `evidence` are present only for a host that proved itself, or an administrator. */
export const errorObject = z.object({
  errorCode: z.string(),
  errorSummary: z.string(),
  errorLink: z.string(),
  errorId: z.string(),
  errorCauses: z.array(z.object({ errorSummary: z.string() })),
  cause: causeId.optional(),
  reference: z.string().optional(),
  evidence: z.record(z.string(), z.unknown()).optional(),
});

export type ErrorObject = z.infer<typeof errorObject>;
