/** The exported log: lines of JSON that verify without the org. Header, checkpoints, events, and a seal over all of them. */
import * as z from "zod";
import { logHead, publicJwk } from "./host-link.ts";

const hex256 = z.string().regex(/^[0-9a-f]{64}$/);

/** `previous` of the first checkpoint. */
export const NO_CHECKPOINT = "0".repeat(64);

/** Where the chains of all nodes ended at one moment, signed: joins them to each other, and to the checkpoint before (hex SHA-256 of its JWS). */
export const checkpointClaims = z.strictObject({
  typ: z.literal("checkpoint"),
  number: z.int().min(1),
  heads: z.array(logHead).max(4096),
  previous: hex256,
  now: z.int(),
});
export type CheckpointClaims = z.infer<typeof checkpointClaims>;

/** What an export leaves out. Times ISO 8601 UTC; `until` is not part of it. All that are given must hold. */
export const logFilter = z.strictObject({
  since: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
  type: z.string().max(64).optional(),
  cause: z.string().max(64).optional(),
  reference: z.string().max(64).optional(),
  actor: z.string().max(256).optional(),
  host: z.string().max(64).optional(),
});
export type LogFilter = z.infer<typeof logFilter>;

/** First line. `keys`: the org's decision keys by position; `link` is the JWS by the key before it. */
export const exportHeader = z.strictObject({
  export: z.strictObject({
    v: z.literal(1),
    org: z.string(),
    filter: logFilter,
    keys: z.array(z.strictObject({ position: z.int(), publicJwk, link: z.string().nullable() })).min(1),
  }),
});
export type ExportHeader = z.infer<typeof exportHeader>;
export const exportCheckpoint = z.strictObject({ checkpoint: z.string() });

/** Last line: JWS by the decision key. */
export const exportSeal = z.strictObject({ seal: z.string() });
/** `digest`: hex SHA-256 of all bytes before the line of the seal; `heads`: where the chains ended when the export began. */
export const sealClaims = z.strictObject({
  typ: z.literal("export"),
  org: z.string(),
  filter: logFilter,
  events: z.int(),
  digest: hex256,
  heads: z.array(logHead).max(4096),
  now: z.int(),
});
export type SealClaims = z.infer<typeof sealClaims>;
