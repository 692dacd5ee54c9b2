/** Says of the answers of checklist.ps1 what they show: each step, each look of the script, and what the doctor finds in the machine's facts. */
import { CHECKLIST, type ChecklistLooks, type ChecklistResult, checklistResult } from "@sallyport/contracts";
import { describeComplaint, readStrictJson } from "@sallyport/settings";
import { decodeFile } from "../../../encoding.ts";
import { diagnoseWindowsFacts } from "../diagnose-windows.ts";
import { isTrusted, othersIn, readSddl } from "../sddl.ts";

/** `open`: nobody looked, or it could not be read. */
export type ChecklistVerdict = "shown" | "not-shown" | "open";
export interface ChecklistRow {
  what: string;
  verdict: ChecklistVerdict;
  says: string;
}
export interface ChecklistJudged {
  steps: (ChecklistRow & { proves: string })[];
  looks: ChecklistRow[];
}

const MOST_COMPLAINTS = 8;

/** `content` in UTF-8 or UTF-16, with or without a byte order mark. */
export async function judgeChecklist(
  content: Uint8Array,
  file: string,
): Promise<{ ok: true; judged: ChecklistJudged } | { ok: false; complaints: string[] }> {
  const read = readStrictJson(decodeFile(content), checklistResult, { file });
  if (!read.ok) return { ok: false, complaints: read.complaints.slice(0, MOST_COMPLAINTS).map((one) => describeComplaint(file, one)) };
  const { value } = read;
  const unknown = value.steps.filter(({ id }) => !CHECKLIST.some((step) => step.id === id));
  if (unknown.length > 0) return { ok: false, complaints: unknown.map(({ id }) => `${file}: there is no step ${id}`) };
  return { ok: true, judged: { steps: judgeSteps(value), looks: [...judgeLooks(value.looks), ...(await judgeFacts(value, file))] } };
}

function judgeSteps({ steps }: ChecklistResult): ChecklistJudged["steps"] {
  const verdicts = { seen: "shown", "not-seen": "not-shown", skipped: "open" } as const;
  return CHECKLIST.map(({ id, proves }) => {
    const given = steps.find((one) => one.id === id);
    return { what: id, verdict: verdicts[given?.answer ?? "skipped"], says: given?.note ?? "", proves };
  });
}

/** `undefined`: the script never came to it. */
type Looked<Name extends keyof ChecklistLooks> = Exclude<NonNullable<ChecklistLooks[Name]>, { unavailable: string }>;

function judgeLooks(looks: ChecklistLooks): ChecklistRow[] {
  return [
    ...judged(looks, "windows", "Windows", ({ product, installationType, build, revision }) => [
      row("Windows", "shown", `${product} (${installationType}), build ${build}.${revision}`),
    ]),
    ...judged(looks, "service", "the service", serviceRow),
    ...judged(looks, "files", "files", fileRows),
    ...judged(looks, "access", "access lists", (all) => all.map(accessRow)),
    ...judged(looks, "tpm", "TPM", (tpm) => [
      row("TPM", "shown", tpm ? `there, ${tpm.enabled && tpm.activated ? "on" : "off"}, version ${tpm.specVersion}` : "there is none"),
    ]),
    ...judged(looks, "key", "the machine's key", (kept) => [keyRow(kept, looks)]),
    ...judged(looks, "lsa", "LSA", lsaRows),
    ...judged(looks, "uac", "UAC", ({ EnableLUA, PromptOnSecureDesktop }) => [
      row(
        "UAC",
        EnableLUA === 0 ? "not-shown" : "shown",
        EnableLUA === 0
          ? "it is off: whoever is an administrator is one everywhere"
          : `on, ${PromptOnSecureDesktop === 0 ? "beside the other windows" : "on the secure desktop"}`,
      ),
    ]),
    ...judged(looks, "events", "event log", (all) => [
      row("event log", all.length > 0 ? "shown" : "open", all.length > 0 ? `${all.length} events of Sallyport` : "no event of Sallyport"),
    ]),
    ...judged(looks, "status", "the agent", (said) => [
      row("the agent", /"running":\s*true/.test(said) ? "shown" : "not-shown", said.slice(0, 200)),
    ]),
  ];
}

const row = (what: string, verdict: ChecklistVerdict, says: string): ChecklistRow => ({ what, verdict, says });

function judged<Name extends keyof ChecklistLooks>(
  looks: ChecklistLooks,
  name: Name,
  what: string,
  judge: (value: Looked<Name>) => ChecklistRow[],
): ChecklistRow[] {
  const value = looks[name];
  if (value === undefined) return [row(what, "open", "the script did not come to it")];
  if (typeof value === "object" && value !== null && "unavailable" in value) return [row(what, "open", value.unavailable)];
  return judge(value as Looked<Name>);
}

function serviceRow(service: Looked<"service"> | null): ChecklistRow[] {
  if (service === null) return [row("the service", "not-shown", "there is no service Sallyport")];
  const { account, startMode, state, path } = service;
  const right = account === "LocalSystem" && startMode === "Auto" && state === "Running" && path.startsWith('"');
  return [row("the service", right ? "shown" : "not-shown", `${account}, ${startMode}, ${state}, ${path}`)];
}

function fileRows(files: Looked<"files">): ChecklistRow[] {
  const versions = new Set(files.map(({ version }) => version));
  const signed = files.map(({ role, path, signature, signer }): ChecklistRow => {
    const verdict = signature === "Valid" ? "shown" : signature === "NotSigned" ? "open" : "not-shown";
    return row(`signature of the ${role}`, verdict, `${signature}${signer === null ? "" : `, ${signer}`} (${path})`);
  });
  const all = ["provider", "service", "agent"].filter((role) => !files.some((one) => one.role === role));
  const missing = all.map((role) => row(`file of the ${role}`, "not-shown", "it was not found"));
  return [...missing, row("versions of all files", versions.size === 1 ? "shown" : "not-shown", [...versions].join(", ")), ...signed];
}

/** Program Files may be read by everybody; the agent's folder and its pipes by nobody else. */
function accessRow({ path, sddl }: Looked<"access">[number]): ChecklistRow {
  const what = `access to ${path}`;
  if (typeof sddl !== "string") return row(what, "open", sddl.unavailable);
  const list = readSddl(sddl);
  const owner = list.owner !== undefined && isTrusted(list.owner) ? [] : [`the owner ${list.owner ?? "is not known"}`];
  const others = [...owner, ...othersIn(list, /\\Program Files\\/i.test(path))];
  return others.length === 0 ? row(what, "shown", sddl) : row(what, "not-shown", `also ${others.join(", ")}: ${sddl}`);
}

function keyRow(kept: Looked<"key"> | null, { tpm }: ChecklistLooks): ChecklistRow {
  const what = "the machine's key";
  if (kept === "tpm") return row(what, "shown", "in the TPM");
  if (kept === null) return row(what, "not-shown", "there is none, or it lies in a file");
  const could = tpm && !("unavailable" in tpm) && tpm.enabled && tpm.activated;
  return row(
    what,
    could ? "not-shown" : "shown",
    could ? "sealed by DPAPI, though there is a TPM that is on" : "sealed by DPAPI: there is no TPM to be had",
  );
}

function lsaRows({ RunAsPPL, DisableRestrictedAdmin }: Looked<"lsa">): ChecklistRow[] {
  const restricted = DisableRestrictedAdmin === 0;
  return [
    row("LSA protection", "shown", RunAsPPL ? `on (RunAsPPL ${RunAsPPL})` : "off"),
    row(
      "Restricted Admin",
      restricted ? "not-shown" : "shown",
      restricted
        ? "on: mstsc /restrictedAdmin gets in past every provider (docs/windows-unseen.md)"
        : "off, as Windows has it unless it is set",
    ),
  ];
}

async function judgeFacts({ facts }: ChecklistResult, file: string): Promise<ChecklistRow[]> {
  if ("unavailable" in facts) return [row("facts of collect.ps1", "open", String(facts["unavailable"]))];
  const { findings, notLookedAt } = await diagnoseWindowsFacts(JSON.stringify(facts), { file });
  const found = findings
    .filter(({ verdict }) => verdict === "confirmed" || verdict === "candidate")
    .map(({ cause, verdict, title }) => row(`doctor: ${cause}`, verdict === "confirmed" ? "not-shown" : "open", title));
  const missed = notLookedAt.map(({ what, why }) => row(`doctor: ${what}`, "open", why));
  return found.length + missed.length > 0
    ? [...found, ...missed]
    : [row("doctor", "shown", "nothing was found in the facts of collect.ps1")];
}

/** 0 everything was shown, 1 something was not, 2 something is open. */
export function checklistExitCode({ steps, looks }: ChecklistJudged): 0 | 1 | 2 {
  const verdicts = new Set([...steps, ...looks].map(({ verdict }) => verdict));
  return verdicts.has("not-shown") ? 1 : verdicts.has("open") ? 2 : 0;
}
