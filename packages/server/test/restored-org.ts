/** Takes a backup of a test org and brings it back in a folder of its own, as an administrator would after a loss. */
import { copyFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RestoreResult, restoreBackup } from "../src/restore.ts";
import { make, openTestOrg, type TestOrg } from "./test-org.ts";

export async function takeBackup(org: TestOrg, name = "backup.db"): Promise<string> {
  const file = join(org.folder, name);
  await make(org, "POST", "/api/v1/org/backup", { file });
  return file;
}

/** Another folder with the sealing key in it. */
export function folderWithKey(org: TestOrg): string {
  const data = mkdtempSync(join(tmpdir(), "sallyport-restored-"));
  copyFileSync(join(org.folder, "sealing.key"), join(data, "sealing.key"));
  return data;
}

/** Restored `later` ms after the org's present time, and opened at that moment. */
export async function restoreElsewhere(org: TestOrg, file: string, later = 1000): Promise<{ org: TestOrg; result: RestoreResult }> {
  const data = folderWithKey(org);
  const now = org.clock.now + later;
  const result = await restoreBackup(file, { data, now: () => now });
  const restored = await openTestOrg(data);
  restored.clock.now = now + 1000;
  return { org: restored, result };
}
