/** What the flows need of the password checker: argon2id off the event loop, behind a bounded queue. */
import type { PasswordHash } from "../management/password-rules.ts";

export interface PasswordCheck {
  /**
   * Compares a password with a stored PHC hash; `null` costs the same time and is always wrong (S16).
   * `overloaded`: the queue is full, nothing was compared (`org.overloaded`).
   */
  verify(hash: string | null, password: string): Promise<"right" | "wrong" | "overloaded">;
}

/** What hashing anew needs besides. */
export interface PasswordHashing extends PasswordCheck, PasswordHash {
  /** True if the stored hash was made with weaker parameters than today's. */
  outdated(phc: string): boolean;
}
