/** After a logon that the org let in: offline codes are counted anew, or offered to whoever has none. The logon stands whatever comes of it. */
import type { Outcome } from "../attempt.ts";
import { Refusal } from "../finding.ts";
import { newSecret, OfflineProofs } from "../outage/offline-proof.ts";
import { base32, matchingStep, OFFLINE_DIGITS } from "../outage/totp.ts";
import { firstCodeShow, offerOfflineShow } from "../prompts.ts";
import { type Scene, TRIES } from "./scene.ts";
import { accountOf, covers } from "./without-org.ts";

/** Time to fetch the phone and scan. */
const SET_UP_MS = 5 * 60_000;

/** S11, S18: a code from a drawer or from an administrator lets in once, and leaves nothing behind that lets in again. */
const NO_OWN_FACTOR = new Set(["", "pwd", "recovery", "bypass"]);

/** @param amr as the signed decision says it, words with spaces between. */
function provesOwnFactor(amr: unknown): boolean {
  return typeof amr === "string" && amr.split(" ").some((proof) => !NO_OWN_FACTOR.has(proof));
}

export async function settleOffline(scene: Scene, outcome: Outcome): Promise<void> {
  const { host, desk, begin } = scene;
  const now = host.clock.now();
  const right = host.policy.current()?.offline;
  const account = accountOf(scene);
  // A rule may have let in without a factor: that proves nobody anew.
  const proved = outcome.result === "allow" && outcome.cause === undefined && provesOwnFactor(outcome.evidence["amr"]);
  if (!proved || now === undefined || !right || !covers(right, account)) return;
  const proofs = new OfflineProofs(desk.settings.files.state);
  try {
    if (proofs.has(account)) return proofs.renew(account, now);
    // Where no password of the machine is proved a code would never be asked for.
    if (begin.password === "none" || !scene.canAsk || begin.scenario !== "logon" || !proofs.mayOffer(account, now)) return;
    await setUp(scene, proofs, account, now);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    desk.log.finding("offline.not-kept", error.finding);
  }
}

async function setUp(scene: Scene, proofs: OfflineProofs, account: string, now: number): Promise<void> {
  scene.moreTime(SET_UP_MS);
  const { offline } = await scene.ask(offerOfflineShow());
  if (offline === "no") return proofs.decline(account, now);
  if (offline !== "yes") return;
  const secret = newSecret();
  const { identity, clock } = scene.host;
  const sharedSecret = base32(secret);
  const issuer = `Sallyport offline ${identity.name}`;
  const query = new URLSearchParams({ secret: sharedSecret, issuer, digits: String(OFFLINE_DIGITS), period: "30" });
  const otpauth = `otpauth://totp/${encodeURIComponent(issuer)}:${encodeURIComponent(account)}?${query.toString().replaceAll("+", "%20")}`;
  let shown: { sharedSecret: string; otpauth: string } | undefined = { sharedSecret, otpauth };
  let again: string | undefined;
  for (let left = TRIES; left > 0; left -= 1) {
    const code = ((await scene.ask(firstCodeShow(shown, OFFLINE_DIGITS, again)))["code"] ?? "").replace(/\s/g, "");
    const step = matchingStep(secret, code, clock.now() ?? now);
    // Only what works is kept: a code that nobody can make would be found out when it is needed.
    if (step !== undefined) return proofs.keep(account, secret, step, clock.now() ?? now);
    shown = undefined;
    again = "That code is not right. Try again.";
  }
}
