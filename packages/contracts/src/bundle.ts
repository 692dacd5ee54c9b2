/** The support bundle of a machine: one JSON file that a person can read before it leaves the house, with a hash of every entry (S25). */
import * as z from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** `name`: what it holds; `from`: where it was read. `sha256`, hex, and `bytes` are of the entry's content as canonical JSON (`canonicalJson`). */
export const bundleListing = z.strictObject({ name: z.string(), from: z.string(), sha256, bytes: z.int() });
export type BundleListing = z.infer<typeof bundleListing>;

/** What a bundle does not hold, as far as somebody could look for it in there. Never the thing itself. */
export const bundleOmission = z.strictObject({ what: z.string(), why: z.string() });
export type BundleOmission = z.infer<typeof bundleOmission>;

export const bundleManifest = z.strictObject({
  format: z.literal("sallyport-bundle"),
  version: z.literal(1),
  made: z.iso.datetime(),
  by: z.string(),
  entries: z.array(bundleListing),
  leftOut: z.array(bundleOmission),
});

/** `seal`: SHA-256, hex, of the manifest as canonical JSON. It shows what changed on the way; it proves nothing of who made it. */
export const supportBundle = z.strictObject({ manifest: bundleManifest, seal: sha256, entries: z.record(z.string(), z.json()) });
export type SupportBundle = z.infer<typeof supportBundle>;
