/** Contracts: everything that crosses a wire, as schemas, tables and codecs. No behaviour. */
export * from "./cause-id.ts";
export * from "./causes.ts";
export * from "./client-pair.ts";
export * from "./crockford.ts";
export * from "./door.ts";
export * from "./enrolment-code.ts";
export * from "./errors.ts";
export * from "./events.ts";
export * from "./host-link.ts";
export * from "./limits.ts";
export * from "./log.ts";
export * from "./management.ts";
export * from "./odd-characters.ts";
export * from "./org-url.ts";
export * from "./policy.ts";
export * from "./reference.ts";
export * from "./transaction.ts";
export type { TypedWrong } from "./typed-text.ts";
