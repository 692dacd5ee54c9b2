/** What `sallyport import okta` proposes: each setting of the other product, and what stands for it here. */
import * as z from "zod";
import { notLookedAt, proof } from "./diagnosis.ts";

/**
 * Where a setting of ours is set. `installer`: a property of the MSI; `group policy`: of the template sallyport.admx; `policy`: the app's
 * policy document in the org; `agent.json`: the machine's settings.
 */
export const settingPlace = z.enum(["installer", "group policy", "policy", "agent.json", "command"]);
export type SettingPlace = z.infer<typeof settingPlace>;

/**
 * `carries-over`: means the same here. `decide`: opens a way past the factor, or means something else here, so that nothing of it is in
 * `installer` and `agent`. `none`: has no counterpart, or needs none; `note` says why.
 */
export const importedSetting = z.strictObject({
  verdict: z.enum(["carries-over", "decide", "none"]),
  /** As it stands in the other product's file. Never a secret. */
  found: proof,
  /** What ours is called, such as `failModes.orgUnreachable`. */
  ours: z.string().optional(),
  /** The exact text that sets it; of several, one is enough. Empty: there is nothing to set. */
  set: z.array(z.strictObject({ by: settingPlace, text: z.string() })),
  note: z.string(),
});
export type ImportedSetting = z.infer<typeof importedSetting>;

export const oktaImport = z.strictObject({
  files: z.array(z.string()),
  settings: z.array(importedSetting),
  /** What carries over, together: properties for the installer, keys for the machine's agent.json. */
  installer: z.array(z.string()),
  agent: z.record(z.string(), z.json()),
  /** What the other product knows elsewhere than in these files, and where ours is told of it. */
  notInFiles: z.array(notLookedAt),
});
export type OktaImport = z.infer<typeof oktaImport>;
