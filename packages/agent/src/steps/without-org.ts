/** What is left while the org cannot be reached: a code that was set up for it, or an administrator's answer to a challenge. */
import { BREAK_GLASS_MS, type BreakGlassList, type HostPolicyClaims, readLongCode } from "@sallyport/contracts";
import { deny, type Outcome } from "../attempt.ts";
import type { Finding } from "../finding.ts";
import type { LinkFault } from "../link/fault.ts";
import { BreakGlassPrompt } from "../outage/break-glass.ts";
import { OfflineProofs, type OfflineVerdict } from "../outage/offline-proof.ts";
import type { TimeAfter } from "../outage/tries.ts";
import { askAfter, BREAK_GLASS, breakGlassShow, offlineShow } from "../prompts.ts";
import type { Scene } from "./scene.ts";

/**
 * `undefined` if policy grants nothing here, or the person has nothing: then the fault itself is the answer. Only before anything was shown,
 * and only where a password was checked.
 */
export async function askWithoutOrg(scene: Scene, fault: LinkFault): Promise<Outcome | undefined> {
  const { begin, host, desk } = scene;
  if (!scene.canAsk || begin.password === "none") return undefined;
  const policy = host.policy.latest();
  const account = accountOf(scene);
  const timeAfter = timeFor(scene, account);
  const offline = policy?.offline && covers(policy.offline, account) ? policy.offline : undefined;
  const proofs = new OfflineProofs(desk.settings.files.state);
  const has = offline !== undefined && proofs.has(account);
  const barred = has ? proofs.standsBy(account, offline, timeAfter) : undefined;
  const glass = breakGlassOf(scene, policy, account);
  const allow = (proof: string, evidence: Outcome["evidence"]): Outcome => ({
    result: "allow",
    decidedByOrg: false,
    evidence: { ...evidence, proof, fault: fault.cause, since: desk.outage ?? "" },
  });
  if (has && !barred) {
    const done = await askOffline(scene, (code) => proofs.judge(account, offline, code, timeAfter), glass !== undefined);
    if (done !== "break-glass") return done.kind === "right" ? allow("offline", done.evidence) : deny(done);
  }
  if (glass) return askBreakGlass(scene, glass, account, (proof, evidence) => allow(proof, { ...evidence, ...listedAs(policy, account) }));
  return barred && deny(barred);
}

async function askOffline(scene: Scene, judge: (code: string) => OfflineVerdict, glass: boolean): Promise<OfflineVerdict | "break-glass"> {
  const ways = glass ? [BREAK_GLASS] : [];
  for (let again: string | undefined; ; ) {
    const typed = (await scene.ask(offlineShow(ways, again)))["code"] ?? "";
    if (typed.trim().toLowerCase() === BREAK_GLASS.word && glass) return "break-glass";
    const code = typed.replace(/\s/g, "");
    // What is no code is not counted, and not compared.
    const verdict: OfflineVerdict = /^[0-9]{6}$/.test(code)
      ? judge(code)
      : { kind: "no", cause: "factor.code-malformed", evidence: { length: code.length }, again: true };
    scene.tries -= 1;
    if (verdict.kind === "right" || !verdict.again || scene.tries <= 0) return verdict;
    again = sentence(verdict);
  }
}

function breakGlassOf(scene: Scene, policy: HostPolicyClaims | undefined, account: string): BreakGlassPrompt | undefined {
  const right = policy?.breakGlass;
  if (!right || !mayBreakGlass(right, account)) return undefined;
  const { host, desk } = scene;
  return BreakGlassPrompt.begin(desk.settings.files.state, host.identity.host, account, host.clock.monotonic());
}

async function askBreakGlass(
  scene: Scene,
  glass: BreakGlassPrompt,
  account: string,
  allow: (proof: string, evidence: Outcome["evidence"]) => Outcome,
): Promise<Outcome> {
  const { clock, identity } = scene.host;
  // An administrator has to be called first. A minute more than an answer counts, so that one that came too late is told as such.
  scene.moreTime(BREAK_GLASS_MS + 60_000);
  for (let again: string | undefined; ; ) {
    const shown = { host: identity.host, name: identity.name, account, challenge: glass.challenge };
    const typed = (await scene.ask(breakGlassShow(shown, again)))["code"] ?? "";
    // What has not the shape of an answer is not counted: it may be a code, or the password.
    if (readLongCode(typed) === undefined) {
      scene.tries -= 1;
      if (scene.tries <= 0) return deny({ cause: "factor.code-malformed", evidence: { length: typed.length } });
      again = "That is not an answer to the challenge: twenty letters and digits.";
      continue;
    }
    const verdict = glass.judge(typed, timeFor(scene, account), clock.monotonic());
    if (verdict.kind === "right") return allow("break-glass", verdict.evidence);
    if (verdict.ended) return deny(verdict);
    again = sentence(verdict);
  }
}

function sentence(refused: Finding): string {
  return askAfter(refused) ?? "That is not right. Try again.";
}

function timeFor({ host: { clock } }: Scene, account: string): TimeAfter {
  return (seen) => clock.notBefore(seen, account);
}

/** As the machine's operating system resolved it. */
export function accountOf({ begin: { domain, username } }: Scene): string {
  return domain === undefined ? username : `${domain}\\${username}`;
}

/** By an account that the policy names itself, or as one of the people of its groups; with neither list it is for everybody. */
function mayBreakGlass(right: BreakGlassList, account: string): boolean {
  const byGroup = right.people !== undefined;
  return (byGroup && right.users === undefined ? false : covers(right, account)) || personOf(right, account) !== undefined;
}

function personOf({ people }: BreakGlassList, account: string): string | undefined {
  const folded = account.normalize("NFKC").toLowerCase().normalize("NFKC");
  return people?.find(({ accounts }) => accounts.includes(folded))?.login;
}

/** Whose name the org's list had for this account: the one fact of a logon without the org that says who it meant. */
function listedAs(policy: HostPolicyClaims | undefined, account: string): { listedAs?: string } {
  const login = policy?.breakGlass && personOf(policy.breakGlass, account);
  return login === undefined ? {} : { listedAs: login };
}

export function covers({ users }: { users?: string[] | undefined }, account: string): boolean {
  return users?.includes(account) ?? true;
}
