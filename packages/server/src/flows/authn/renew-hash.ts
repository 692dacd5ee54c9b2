/** Hashes a password anew after it was right, when the stored hash was made with weaker parameters than today's (S14). */
import type { Store } from "../store.ts";
import type { PasswordHashing } from "./passwords.ts";

/** Called only with a password that was just right. A full queue leaves it for the next time. */
export async function renewHash(
  deps: { store: Store; passwords: PasswordHashing },
  userId: string,
  stored: string | null,
  password: string,
): Promise<void> {
  if (stored === null || !deps.passwords.outdated(stored)) return;
  const made = await deps.passwords.hash(password);
  if (made.kind === "overloaded") return;
  await deps.store.inTransaction(async (tx) => {
    const user = await tx.users.byId(userId);
    // Somebody may have set another password meanwhile: that one stays.
    if (user?.passwordHash === stored) await tx.users.update(userId, { passwordHash: made.phc });
  });
}
