/** Break-glass at this machine: its own key, and one challenge for one prompt. */
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import {
  BREAK_GLASS_MS,
  breakGlassClaims,
  type CauseId,
  CHALLENGE_BYTES,
  isAnswer,
  JWS_TYPES,
  readChallenge,
  writeChallenge,
} from "@sallyport/contracts";
import * as z from "zod";
import { type Evidence, Refusal } from "../finding.ts";
import { openSigned, type Trusted } from "../signed.ts";
import { writeAtomically } from "../state/files.ts";
import { AccountFiles, readKept } from "./account-files.ts";
import { NO_TRIES, type TimeAfter, takeTry, triesShape } from "./tries.ts";

const FILE = "break-glass.json";
/** 0600, as all of the agent's secrets. */
const keyFile = z.strictObject({ v: z.literal(1), key: z.string().length(43), iat: z.int() });
const triesFile = z.strictObject({ v: z.literal(1), account: z.string(), ...triesShape });

/** Takes what a self-check brought; nothing: this host has no right to it any more. Throws if the disk refuses. */
export async function keepBreakGlassKey(
  state: string,
  host: string,
  keys: Trusted,
  jws: string | undefined,
): Promise<{ check: string; detail: string } | undefined> {
  if (jws === undefined) {
    rmSync(join(state, FILE), { force: true });
    return undefined;
  }
  const opened = await openSigned(jws, keys, JWS_TYPES.breakGlass, breakGlassClaims);
  if (!opened.ok) return opened;
  const { key, iat, host: meant } = opened.claims;
  if (meant !== host) return { check: "host", detail: `it is for ${meant}` };
  const held = heldKey(state);
  if (held && held.iat > iat) return { check: "iat", detail: "older than the one held" };
  if (held?.key !== key || held.iat !== iat) writeAtomically(join(state, FILE), `${JSON.stringify({ v: 1, key, iat })}\n`);
  return undefined;
}

/** A file that is exposed or broken is written anew: the org has just said what belongs there. */
function heldKey(state: string): z.infer<typeof keyFile> | undefined {
  try {
    return readKey(state);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function readKey(state: string): z.infer<typeof keyFile> | undefined {
  return readKept(join(state, FILE), keyFile);
}

export type AnswerVerdict = { kind: "right"; evidence: Evidence } | { kind: "no"; cause: CauseId; evidence: Evidence; ended: boolean };

/** One prompt: a challenge of its own, three tries, over with it. */
export class BreakGlassPrompt {
  readonly challenge = writeChallenge(randomBytes(CHALLENGE_BYTES));
  #key: Uint8Array;
  #host: string;
  #account: string;
  #shown: number;
  #used = false;
  #left = 3;
  #tries: AccountFiles<typeof triesFile>;

  /** `undefined` on a machine that has no key. @param monotonic ms of a clock that nobody can set. */
  static begin(state: string, host: string, account: string, monotonic: number): BreakGlassPrompt | undefined {
    const held = readKey(state);
    return held && new BreakGlassPrompt(Buffer.from(held.key, "base64url"), state, host, account, monotonic);
  }

  private constructor(key: Uint8Array, state: string, host: string, account: string, shown: number) {
    this.#key = key;
    this.#host = host;
    this.#account = account;
    this.#shown = shown;
    this.#tries = new AccountFiles(state, "break-glass", triesFile);
  }

  /** The try is on the disk before the answer is compared: neither another prompt nor a restart begins anew. */
  judge(typed: string, timeAfter: TimeAfter, monotonic: number): AnswerVerdict {
    const before = this.#tries.read(this.#account) ?? { v: 1 as const, account: this.#account, ...NO_TRIES };
    const now = timeAfter(before.latest);
    const taken = takeTry(before, now);
    const user = this.#account;
    if (taken.kind === "wait") {
      const evidence = { user, waitSeconds: taken.seconds, failures: before.failures };
      return { kind: "no", cause: "factor.throttled", evidence, ended: this.#count() };
    }
    this.#tries.write(this.#account, { ...before, ...taken.tries });
    const asked = { host: this.#host, user, challenge: readChallenge(this.challenge) ?? "" };
    const right = isAnswer(this.#key, asked, typed) && !this.#used;
    const ageSeconds = Math.round((monotonic - this.#shown) / 1000);
    if (!right) return { kind: "no", cause: "breakglass.wrong", evidence: { user, tries: taken.tries.failures }, ended: this.#count() };
    this.#used = true;
    if (monotonic - this.#shown > BREAK_GLASS_MS) {
      const shownAt = new Date(now - ageSeconds * 1000).toISOString();
      return { kind: "no", cause: "breakglass.expired", evidence: { user, shownAt, ageSeconds }, ended: true };
    }
    this.#tries.write(this.#account, { ...before, ...NO_TRIES, latest: now });
    return { kind: "right", evidence: { user, ageSeconds } };
  }

  #count(): boolean {
    this.#left -= 1;
    return this.#left <= 0;
  }
}
