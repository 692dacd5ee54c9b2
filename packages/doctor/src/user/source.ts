/** Whether what the org has of a person is what their directory has now. */
import { type CauseId, isCauseId, type Proof, type SourceStand } from "@sallyport/contracts";
import type { Answer, Missed, Seen } from "../check.ts";
import type { UserFacts } from "./checks.ts";

/**
 * Of a person who was found, their own source; of a name that nobody has, each one that may not have brought them yet. A sync that fails is a
 * finding of its own cause; where nothing fails and the org is yet behind, it is said what was not looked at, and what to do.
 */
export function judgeSource({ answer: { sources = [], user, judgement } }: Pick<UserFacts, "answer">): Answer {
  const ailing = user ? sources.filter(({ name }) => name === user.source) : judgement?.cause === "user.unknown" ? sources : [];
  const failing = ailing.filter(({ state }) => state === "failing");
  const verdict = user ? "confirmed" : "candidate";
  const seen = failing.map((stand): Seen => ({ cause: causeOf(stand), verdict, evidence: proofsOf(stand) }));
  const missed = ailing.filter(({ state }) => state !== "failing").map((stand): Missed => ({ what: whatIsOld(stand), why: whyOld(stand) }));
  return { seen, missed };
}

function causeOf({ error }: SourceStand): CauseId {
  return error && isCauseId(error.cause) ? error.cause : "org.directory";
}

function proofsOf({ name, error, since, lastSuccess }: SourceStand): Proof[] {
  const where = `source ${name}`;
  return [
    { what: "source", value: name, where },
    ...(error ? [{ what: "error", value: error.sentence, where }] : []),
    ...(since === null ? [] : [{ what: "since", value: since, where }]),
    { what: "last success", value: lastSuccess ?? "never", where },
  ];
}

const whatIsOld = ({ name }: SourceStand) => `what the source ${name} has of its people now`;

function whyOld(stand: SourceStand): string {
  const { name, state, since, error, lastSuccess } = stand;
  const last = lastSuccess === null ? "it was never read whole" : `last read whole ${lastSuccess}`;
  const test = `\`sallyport source test ${name}\``;
  switch (state) {
    case "braked":
      return `its brake has stopped the sync since ${since}${error ? ` (${error.sentence})` : ""}; ${last}: look at it with \`sallyport source sync ${name} --dry-run\``;
    case "paused":
      return `it is paused; ${last}: \`sallyport source resume ${name}\``;
    case "never-read":
      return `it was set up ${since} and no sync was carried out yet: ${test}, then \`sallyport source sync ${name}\``;
    default:
      return `${last}, and no sync was carried out since, though several were due: does the org's server run all the time? ${test}`;
  }
}

/** For the story; `undefined` where nothing is wrong. */
export function sourceLine(sources: readonly SourceStand[] | undefined, name: string): string | undefined {
  const stand = sources?.find((one) => one.name === name);
  if (!stand) return undefined;
  return stand.state === "failing"
    ? `its sync fails since ${stand.since}: ${stand.error?.sentence ?? "no reason was kept"}`
    : whyOld(stand);
}
