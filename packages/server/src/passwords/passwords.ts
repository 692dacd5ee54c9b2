/** Hashes and compares passwords with argon2id off the event loop, behind a bounded queue (S14). */
import { availableParallelism } from "node:os";
import { hash as argonHash, verify as argonVerify, parseOptions } from "@node-rs/argon2";
import type { PasswordHashing } from "../flows/authn/passwords.ts";
import { LONGEST_PASSWORD } from "../flows/management/password-rules.ts";

export interface Passwords extends PasswordHashing {
  /** Comparisons waiting or under way, for `/metrics`. */
  waiting(): number;
}

/** OWASP's minimum for argon2id: 19 MiB, two passes, one lane. 16 bytes of salt by the library. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** @param limit how many may wait or run; beyond it nothing is computed. Each takes about 10 ms of one processor. */
export function argonPasswords({ limit = 64 * availableParallelism() } = {}): Passwords {
  let running = 0;
  // A hash of nobody's password: an unknown user costs the same time as a known one (S16). Made at once, so that no first caller waits longer.
  const nobody = argonHash("nobody has this password", PARAMETERS);
  async function queued<T>(work: () => Promise<T>): Promise<T | "overloaded"> {
    if (running >= limit) return "overloaded";
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
    }
  }
  return {
    async verify(phc, password) {
      const fits = password.length <= LONGEST_PASSWORD;
      const verdict = await queued(async () => argonVerify(phc ?? (await nobody), fits ? normal(password) : ""));
      if (verdict === "overloaded") return verdict;
      return verdict && phc !== null && fits ? "right" : "wrong";
    },
    async hash(password) {
      if (password.length > LONGEST_PASSWORD) throw new RangeError("a password longer than 1024 characters reached the hash");
      const phc = await queued(() => argonHash(normal(password), PARAMETERS));
      return phc === "overloaded" ? { kind: "overloaded" } : { kind: "hashed", phc };
    },
    outdated(phc) {
      const { memoryCost, timeCost, parallelism } = parseOptions(phc);
      return memoryCost < PARAMETERS.memoryCost || timeCost < PARAMETERS.timeCost || parallelism < PARAMETERS.parallelism;
    },
    waiting: () => running,
  };
}

/** The same letters typed on two keyboards may differ in code points (NIST SP 800-63B §3.1.1.2). */
function normal(password: string): string {
  return password.normalize("NFC");
}
