/** Where the service's program keeps the host's key: the choice and the way back, with a TPM that the story plays. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, createPublicKey, verify } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { HOME, type Windows } from "./windows.ts";

/** Numbers of winerror.h. */
const NTE_FAIL = 0x80090020;
const NTE_DEVICE_NOT_READY = 0x80090030;
const LOST = [0x80090016, 0x8009000d, 0x80090011, 0x8028009f];
const NOT_LOST = [NTE_DEVICE_NOT_READY, 0x80280921, 0x80280100, 0x80280101];

const base64url = (digits: string) => Buffer.from(digits, "hex").toString("base64url");

interface Made {
  kept: string;
  handle: string;
  x: string;
  y: string;
}

interface Tpm {
  make?: number;
  point?: number;
  sign?: number;
}

export class KeyStory {
  #windows: Windows;
  #child: ChildProcess;
  #lines: AsyncIterator<string>;

  private constructor(windows: Windows) {
    this.#windows = windows;
    const env = { ...process.env, ...windows.env };
    const child = spawn("wine", [`${HOME}\\sallyport-relay.exe`, "keys"], { env, stdio: ["pipe", "pipe", "ignore"] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** The story's service is the installed program; started as the agent starts it, for the time of `tell`. */
  static async tell(windows: Windows, tell: (story: KeyStory) => Promise<void>): Promise<void> {
    const story = new KeyStory(windows);
    try {
      await tell(story);
    } finally {
      story.#child.stdin?.end();
    }
  }

  /** One line each way. */
  async #ask(question: object): Promise<any> {
    this.#child.stdin?.write(`${JSON.stringify(question)}\n`);
    return JSON.parse((await this.#lines.next()).value);
  }

  /** `undefined`: there is none. */
  #has(tpm: Tpm | undefined): void {
    writeFileSync(this.#windows.path("C:\\machine.json"), JSON.stringify(tpm ? { tpm } : {}));
  }

  async #make(tpm: Tpm | undefined): Promise<Made> {
    this.#has(tpm);
    const { made, fault } = await this.#ask({ make: {} });
    return made ?? assert.fail(fault);
  }

  /** Signs, and holds the signature to the public half. */
  async #proves({ kept, handle, x, y }: Made): Promise<void> {
    const text = Buffer.from("what is signed");
    const hash = createHash("sha256").update(text).digest("hex");
    const { signed, fault } = await this.#ask({ sign: { kept, handle, hash } });
    const jwk = { kty: "EC", crv: "P-256", x: base64url(x), y: base64url(y) };
    const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" } as const;
    assert.ok(verify("sha256", text, key, Buffer.from(signed ?? assert.fail(fault), "hex")));
  }

  async choosesTheTpm(): Promise<void> {
    const made = await this.#make({});
    assert.equal(made.kept, "tpm");
    await this.#proves(made);
  }

  /** `forgotten`: how many keys the TPM was told to drop meanwhile. */
  async fallsBack(forgotten: () => number): Promise<void> {
    for (const [tpm, dropped] of [
      [undefined, 0],
      [{ make: NTE_DEVICE_NOT_READY }, 0],
      [{ point: NTE_FAIL }, 1],
    ] as const) {
      const before = forgotten();
      const made = await this.#make(tpm);
      assert.deepEqual([made.kept, forgotten() - before], ["dpapi", dropped], JSON.stringify(tpm));
      await this.#proves(made);
    }
  }

  async saysWhatToDoWhenLost(): Promise<void> {
    const made = await this.#make({});
    const fault = async (tpm: Tpm | undefined) => {
      this.#has(tpm);
      const { kept, handle } = made;
      return (await this.#ask({ sign: { kept, handle, hash: "ab".repeat(32) } })).fault ?? "signed";
    };
    const number = (error: number) => `0x${error.toString(16).toUpperCase()}`;
    for (const sign of LOST) assert.match(await fault({ sign }), new RegExp(`enrol the machine anew with a new code: ${number(sign)}$`));
    for (const sign of NOT_LOST) assert.equal(await fault({ sign }), `Windows does not sign with the host's key: ${number(sign)}`);
    assert.match(await fault(undefined), /does not sign/);
    this.#has({});
    await this.#proves(made);
  }
}
