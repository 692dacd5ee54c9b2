/** Mail server and webhook as administrators set them up, try them out and take them away. */
import { randomBytes } from "node:crypto";
import type { DeliveryTest, MailSettings, PutMailRequest, PutSmsRequest, SmsSettings } from "@sallyport/contracts";
import { checkCidr } from "@sallyport/logon";
import type { Keys } from "../../keys/keys.ts";
import { type ChannelFailure, channelFailure, failureKey } from "../delivery.ts";
import { random128 } from "../ids.ts";
import type { OpenMail, Post, Posted } from "../post.ts";
import type { Store, Tx } from "../store.ts";
import type { OutboxRow, SettingRow } from "../store-requests.ts";
import { MAIL, openMail, openSms, SMS, settingContext } from "../ways-out.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";

export interface WaysOutDeps {
  store: Store;
  keys: Keys;
}

/** A setting as it may be shown, and how its way out stands. */
export interface WayOut {
  row: SettingRow;
  waiting: number;
  failure: ChannelFailure | undefined;
}

type Name = typeof MAIL | typeof SMS;
const KIND = { mail: "mail", sms: "webhook" } as const satisfies Record<Name, OutboxRow["kind"]>;

export function viewWayOut(store: Store, name: Name): Promise<Outcome<WayOut>> {
  return store.read(async (tx): Promise<Outcome<WayOut>> => {
    const row = await tx.settings.byName(name);
    return row ? done(await shown(tx, name, row)) : { kind: "not-found", what: `${name} settings` };
  });
}

async function shown(tx: Tx, name: Name, row: SettingRow): Promise<WayOut> {
  const kind = KIND[name];
  return { row, waiting: (await tx.outbox.waiting(tx.now)).get(kind) ?? 0, failure: await channelFailure(tx, kind) };
}

/** @param greet given where the server is to answer before it is taken; what is to be taken is judged first, so that nobody else hears a secret. */
export async function setMail(
  { store, keys }: WaysOutDeps,
  caller: Caller,
  { secret, ...settings }: PutMailRequest,
  greet?: (by: OpenMail) => Promise<Posted>,
): Promise<Outcome<WayOut>> {
  const judged = await store.read(async (tx) => judgeMail(keys, await tx.settings.byName(MAIL), settings, secret));
  const answered = greet && judged.kind === "done" ? await greet({ settings, secret: judged.value }) : undefined;
  if (answered && !answered.ok) return invalid(`server: ${answered.fault.sentence} Nothing was changed`);
  return inUnit(store, async (tx) => {
    const before = await tx.settings.byName(MAIL);
    // Somebody else may have changed it while the server was asked.
    const still = judgeMail(keys, before, settings, secret);
    if (still.kind !== "done") return still;
    const sealedSecret = settings.user === undefined ? "" : (seal(keys, MAIL, secret) ?? before?.sealedSecret ?? "");
    return done(await put(tx, caller, { name: MAIL, settings, sealedSecret, server: settings.server, before }));
  });
}

/** The account's password in the clear, for the server that these settings name; empty without an account. */
function judgeMail(
  keys: Keys,
  before: SettingRow | undefined,
  settings: Omit<PutMailRequest, "secret">,
  secret: string | undefined,
): Outcome<string> {
  const old = before?.document as MailSettings | undefined;
  if (settings.user === undefined) return secret === undefined ? done("") : invalid("secret: is of no use without user");
  if (secret !== undefined) return done(secret);
  if (!before?.sealedSecret) return invalid("secret: the account needs its password");
  // Whoever may change the settings could else have the stored password sent to a server of their own.
  if (old && heard(settings) !== heard(old))
    return invalid("secret: must be given again with another server, or another way to know it: nobody else is to hear the stored one");
  return done(Buffer.from(keys.unseal(before.sealedSecret, settingContext(MAIL))).toString());
}

const heard = ({ server, trust, insecure, user }: MailSettings) => JSON.stringify([server, trust.ca, insecure, user]);

/** `made`: the secret, where the org made one; shown this one time. */
export function setSms(
  { store, keys }: WaysOutDeps,
  caller: Caller,
  { secret, ...settings }: PutSmsRequest,
): Promise<Outcome<WayOut & { made: string | undefined }>> {
  const wrong = settings.privateNetworks.map(checkCidr).find((one) => one !== undefined);
  if (wrong !== undefined) return Promise.resolve(invalid(`privateNetworks: ${wrong}`));
  const fresh = randomBytes(32).toString("base64url");
  return inUnit(store, async (tx) => {
    const before = await tx.settings.byName(SMS);
    const old = before?.document as SmsSettings | undefined;
    // What signs for one address would else sign for another, whose owner could replay it.
    const made = secret === undefined && (!before?.sealedSecret || old?.url !== settings.url) ? fresh : undefined;
    const sealedSecret = seal(keys, SMS, secret ?? made) ?? before?.sealedSecret ?? "";
    return done({ ...(await put(tx, caller, { name: SMS, settings, sealedSecret, server: settings.url, before })), made });
  });
}

const invalid = (cause: string) => ({ kind: "invalid" as const, causes: [cause] });
const seal = (keys: Keys, name: Name, secret: string | undefined) =>
  secret === undefined ? undefined : keys.seal(Buffer.from(secret), settingContext(name));

interface Change {
  name: Name;
  settings: MailSettings | SmsSettings;
  sealedSecret: string;
  server: string;
  before: SettingRow | undefined;
}

async function put(tx: Tx, caller: Caller, { name, settings, sealedSecret, server, before }: Change): Promise<WayOut> {
  const row: SettingRow = { name, document: settings, sealedSecret, updated: tx.now, updatedBy: caller.actor.id };
  await tx.settings.put(row);
  await tx.secrets.dropMeta(failureKey(KIND[name]));
  const old = (before?.document ?? {}) as Record<string, unknown>;
  const changed = Object.entries(settings).filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(old[field]));
  const fields = [...changed.map(([field]) => field), ...(sealedSecret === (before?.sealedSecret ?? "") ? [] : ["secret"])].sort();
  const data = {
    channel: KIND[name],
    server: hostOf(server),
    changed: fields,
    insecure: "insecure" in settings && settings.insecure !== undefined,
  };
  await tx.log.append({ type: "delivery.set-up", actor: caller.actor, target: targetOf(name), outcome: "success", data });
  return shown(tx, name, row);
}

export function removeWayOut(store: Store, caller: Caller, name: Name): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx): Promise<Outcome<undefined>> => {
    const row = await tx.settings.byName(name);
    if (!row) return { kind: "not-found", what: `${name} settings` };
    await tx.settings.remove(name);
    await tx.secrets.dropMeta(failureKey(KIND[name]));
    const { server, url } = row.document as { server?: string; url?: string };
    const data = { channel: KIND[name], server: hostOf(server ?? url ?? "") };
    await tx.log.append({ type: "delivery.removed", actor: caller.actor, target: targetOf(name), outcome: "success", data });
    return done(undefined);
  });
}

const targetOf = (name: Name) => ({ type: "setting", id: name, name });
/** A webhook's path may itself be a secret. */
const hostOf = (server: string) => (URL.canParse(server) ? new URL(server).host : "none");

const TEST = {
  subject: "A test of the org's mail",
  text: "An administrator tried whether the org can send mail. It can. You need not do anything.",
};

/** Sends one mail now, past the outbox: whoever waits for the answer is to see what the server says. */
export async function testMail(
  { store, keys, post }: WaysOutDeps & { post: Post },
  to: string,
  signal: AbortSignal,
): Promise<Outcome<DeliveryTest>> {
  const by = await store.read((tx) => openMail(tx, keys));
  if (!by) return { kind: "not-found", what: "mail settings" };
  const html = `<!doctype html><html><body><p>${TEST.text}</p></body></html>`;
  return done(testOf(await post.mail(by, { to, ...TEST, html }, `test-${random128()}`, signal)));
}

export async function testSms(
  { store, keys, post, orgUrl }: WaysOutDeps & { post: Post; orgUrl: string },
  to: string,
  signal: AbortSignal,
): Promise<Outcome<DeliveryTest>> {
  const { by, now } = await store.read(async (tx) => ({ by: await openSms(tx, keys), now: tx.now }));
  if (!by) return { kind: "not-found", what: "sms settings" };
  const org = new URL(orgUrl).hostname;
  const expiresAt = new Date(now + 60_000).toISOString();
  const text = `${org}: an administrator tried whether the org can send messages. It can.`;
  return done(testOf(await post.webhook(by, { id: `test-${random128()}`, type: "sms", to, text, locale: "en", org, expiresAt }, signal)));
}

function testOf(posted: Posted): DeliveryTest {
  if (posted.ok) return posted;
  const { place, sentence, server, error } = posted.fault;
  return { ok: false, cause: "org.delivery", place, sentence, server, error };
}
