/** Logon: how a logon is decided. Pure: no input or output, no clock, no randomness. */
export * from "./explain.ts";
export * from "./factors/attempts.ts";
export * from "./factors/totp.ts";
export * from "./ip-literal.ts";
export * from "./names.ts";
export * from "./other-forms.ts";
export * from "./policy/check-policy.ts";
export * from "./policy/checks.ts";
export * from "./policy/clock.ts";
export * from "./policy/decide.ts";
export * from "./policy/host-policy.ts";
export * from "./resolve-user.ts";
export * from "./roles.ts";
export * from "./transaction.ts";
export * from "./zones.ts";
