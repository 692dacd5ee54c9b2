/** The stored settings of the ways out, opened for one message. */
import { mailSettings, smsSettings } from "@sallyport/contracts";
import type { Keys } from "../keys/keys.ts";
import type { OpenMail, OpenSms } from "./post.ts";
import type { Tx } from "./store.ts";
import type { SettingRow } from "./store-requests.ts";

export const MAIL = "mail";
export const SMS = "sms";

/** Context under which a setting's secret is sealed. */
export const settingContext = (name: string): string => `setting:${name}`;

const secretOf = (keys: Pick<Keys, "unseal">, { name, sealedSecret }: SettingRow) =>
  sealedSecret === "" ? "" : Buffer.from(keys.unseal(sealedSecret, settingContext(name))).toString();

/** Undefined while no administrator has set it, or if what is stored is of another version. */
export async function openMail(tx: Tx, keys: Pick<Keys, "unseal">): Promise<OpenMail | undefined> {
  const row = await tx.settings.byName(MAIL);
  const read = mailSettings.safeParse(row?.document);
  return row && read.success ? { settings: read.data, secret: secretOf(keys, row) } : undefined;
}

export async function openSms(tx: Tx, keys: Pick<Keys, "unseal">): Promise<OpenSms | undefined> {
  const row = await tx.settings.byName(SMS);
  const read = smsSettings.safeParse(row?.document);
  return row && read.success ? { settings: read.data, secret: secretOf(keys, row) } : undefined;
}

/** Whether mail, or texts and calls, can be sent at all. */
export async function isSet(tx: Tx, name: typeof MAIL | typeof SMS): Promise<boolean> {
  return (await tx.settings.byName(name)) !== undefined;
}

/** What an administrator should take back, in words; it stays until they do. */
export async function insecureSettings(tx: Tx): Promise<string[]> {
  const read = mailSettings.safeParse((await tx.settings.byName(MAIL))?.document);
  if (!read.success || read.data.insecure === undefined) return [];
  return [`mail goes to ${new URL(read.data.server).host} also without TLS: ${read.data.insecure} (sallyport mail set --insecure no)`];
}
