/** What a value may look like to stand in a bundle. Whatever is not exactly of its shape is left out, wherever it stood. */
import { isIP } from "node:net";
import { constants } from "node:os";
import { isCauseId, readOrgUrl } from "@sallyport/contracts";

/** Answers what may be shown of a value, or undefined for nothing. */
export type Shape = (value: unknown) => unknown;

const pattern =
  (form: RegExp): Shape =>
  (value) =>
    typeof value === "string" && form.test(value) ? value : undefined;

export const number: Shape = (value) => (typeof value === "number" && Number.isFinite(value) ? value : undefined);
export const flag: Shape = (value) => (typeof value === "boolean" || value === null ? value : undefined);
export const cause: Shape = (value) => (typeof value === "string" && isCauseId(value) ? value : undefined);
export const oneOf =
  (...words: readonly string[]): Shape =>
  (value) =>
    typeof value === "string" && words.includes(value) ? value : undefined;
export const time = pattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/);
export const reference = pattern(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
export const hostId = pattern(/^hst_[0-9A-Za-z]{20}$/);
export const clientId = pattern(/^SALLYID(-[0-9A-HJKMNP-TV-Z]{6}){3}$/);
export const version = pattern(/^\d{1,4}(\.\d{1,6}){1,3}$/);
/** Of an agent's fault, and of the org's. */
export const errorId = pattern(/^([0-9a-f]{12}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/);
export const orgUrl: Shape = (value) => {
  const read = typeof value === "string" ? readOrgUrl(value) : undefined;
  return read?.ok ? read.url : undefined;
};
export const proxy = pattern(/^http:\/\/[a-z0-9.-]{1,253}:\d{1,5}$/);

/** Names of files and folders that are ours or the system's; a path of another name may hold anything. */
const OUR_FILES =
  /(?:^|\/)(agent\.json|agent\.log(?:\.1)?|agent\.sock|control\.sock|armed\.json|host\.json|state\.json|policy\.jws|fail-mode|client\.secret|decision-keys\.json|reports\.jsonl|attempts\.jsonl(?:\.taken)?)$/;
const OUR_PLACES =
  /^\/(etc\/sallyport|var\/lib\/sallyport|run\/sallyport|var\/log\/sallyport|etc\/pam\.d|etc\/ssh)(\/[a-z][a-z-]{0,20}(\.[a-z]{1,10})?)?$/;

/** A known path as it is; elsewhere only the name of one of our files. */
export const path: Shape = (value) => {
  if (typeof value !== "string") return undefined;
  if (OUR_PLACES.test(value)) return value;
  const name = OUR_FILES.exec(value)?.[1];
  return name === undefined ? undefined : `…/${name}`;
};

/** `203.0.113.7`, as the machine saw it. A name that somebody claims is none. */
export const address: Shape = (value) => {
  const { value: ip, origin } = (typeof value === "object" && value !== null ? value : {}) as { value?: unknown; origin?: unknown };
  if (typeof ip !== "string" || isIP(ip) === 0 || ip.includes("%")) return undefined;
  return { value: ip, origin: origin === "socket" ? "socket" : "claimed" };
};

const CODES = new Set([
  ...Object.keys(constants.errno),
  ..."ENOTFOUND EAI_AGAIN CERT_HAS_EXPIRED CERT_NOT_YET_VALID DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY UNABLE_TO_VERIFY_LEAF_SIGNATURE ERR_TLS_CERT_ALTNAME_INVALID ERR_SSL_WRONG_VERSION_NUMBER ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION".split(
    " ",
  ),
  ..."Error TypeError RangeError SyntaxError ReferenceError AggregateError AbortError TimeoutError".split(" "),
]);

/** Of what a fault says of itself only the code of the system, and the kind of error: the rest may quote what was read. */
export const errorCodes: Shape = (value) => {
  const codes = typeof value === "string" ? (value.match(/\b[A-Za-z][A-Za-z0-9_]{2,50}\b/g) ?? []).filter((word) => CODES.has(word)) : [];
  return codes.length === 0 ? undefined : [...new Set(codes)].join(" ");
};

/** Frames of the stack that are of our own files: function names and messages stay out. */
export const stack: Shape = (value) => {
  const frames =
    typeof value === "string" ? [...value.matchAll(/\/packages\/([a-z]+\/src\/[a-z/-]{1,80}\.ts):(\d{1,5}):(\d{1,5})\)?$/gm)] : [];
  return frames.length === 0 ? undefined : frames.slice(0, 20).map(([, file, line, column]) => `${file}:${line}:${column}`);
};
