/** A person who logs on while the org is away, and what the agent keeps for that on its disk. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AgentFrame, breakGlassAnswer, breakGlassHostKey, readChallenge } from "@sallyport/contracts";
import { codeAt } from "../src/outage/totp.ts";
import { RIGHT_CODE } from "./org-double.ts";
import type { Rig } from "./rig.ts";

export const OFFLINE = { offline: { days: 7, uses: 2 } };
export const GLASS = { breakGlass: {} };
const STEP = 30_000;

type Person = ReturnType<Rig["provider"]>;

/** The next show, whatever it asks; or how it ended. */
export async function next(person: Person) {
  const frame: AgentFrame | undefined = await person.next();
  if (frame && "show" in frame) return { text: frame.show.text ?? "", field: frame.show.fields?.at(-1), show: frame.show, end: undefined };
  assert.ok(frame && "end" in frame, JSON.stringify(frame));
  return { text: "", field: undefined, show: undefined, end: frame.end.result };
}

export const last = ({ attempts }: Rig) => [attempts().at(-1)?.["result"], attempts().at(-1)?.["cause"]];
export const fileOf = (state: string, folder: string) =>
  join(state, folder, readdirSync(join(state, folder)).find((name) => name.endsWith(".json")) ?? "");
export const proofOf = (state: string) =>
  JSON.parse(readFileSync(fileOf(state, "offline"), "utf8")) as Record<string, number> & { secret: string };

/** Changes what the agent keeps, as time would. */
export function change(state: string, values: object): void {
  writeFileSync(fileOf(state, "offline"), JSON.stringify({ ...proofOf(state), ...values }), { mode: 0o600 });
}

/** A logon with the org in which the person sets offline codes up. */
export async function setUp(one: Rig): Promise<Uint8Array> {
  const person = one.provider().hello().begin();
  await next(person);
  person.input({ code: RIGHT_CODE });
  assert.match((await next(person)).text, /Set up offline codes/);
  person.input({ offline: "yes" });
  const shown = await next(person);
  const secret = /by hand: ([A-Z2-7 ]+)/.exec(shown.text)?.[1]?.replaceAll(" ", "") ?? "";
  const uri = String(shown.show?.fields?.[0]?.value);
  assert.match(uri, new RegExp(`^otpauth://totp/Sallyport%20offline%20srv01:alice\\?secret=${secret}&`));
  assert.equal(shown.show?.fields?.[0]?.kind, "qr");
  const key = fromBase32(secret);
  person.input({ code: "00000x" });
  await next(person);
  person.input({ code: codeAt(key, Math.floor(Date.now() / STEP)) });
  assert.equal((await next(person)).end, "allow");
  return key;
}

function fromBase32(text: string): Uint8Array {
  const bits = [...text].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
}

/** A code of a step that was not used yet; two steps of the three that count lie behind the one of the set-up at most. */
export const freshCode = (secret: Uint8Array, ahead = 1) => codeAt(secret, Math.floor(Date.now() / STEP) + ahead);

export async function tryOffline(one: Rig, ...codes: string[]) {
  const person = one.provider().hello().begin();
  for (;;) {
    const seen = await next(person);
    if (seen.end) return seen.end;
    person.input({ code: codes.shift() ?? "000000" });
  }
}

/** What an administrator with the recovery key makes of the challenge on this screen. @param more what they take for what it is not. */
export function answerTo(one: Rig, text: string, more: object = {}): string {
  const host = /\((hst_[0-9A-Za-z]+)\)/.exec(text)?.[1] ?? "";
  const user = /User: (.*)/.exec(text)?.[1] ?? "";
  const challenge = readChallenge(/Challenge: (.*)/.exec(text)?.[1] ?? "") ?? "";
  assert.equal(host, one.org.hostId);
  return breakGlassAnswer(breakGlassHostKey(one.org.breakGlassMaster, host), { host, user, challenge, ...more });
}
