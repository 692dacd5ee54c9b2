/** What is said of the answers of a checklist: right is shown, wrong is not, and what nobody looked at is never called shown. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CHECKLIST, type ChecklistResult, checklistResult } from "@sallyport/contracts";
import { type ChecklistJudged, checklistExitCode, judgeChecklist } from "./judge.ts";
import { renderChecklist } from "./render.ts";
import { RIGHT } from "./result.fixture.ts";

async function judge(result: unknown): Promise<ChecklistJudged> {
  const done = await judgeChecklist(Buffer.from(JSON.stringify(result)), "answers.json");
  assert.ok(done.ok, done.ok ? "" : done.complaints.join("\n"));
  return done.judged;
}
const looks = (change: Partial<ChecklistResult["looks"]>) => judge({ ...RIGHT, looks: { ...RIGHT.looks, ...change } });
const notShown = ({ steps, looks: all }: ChecklistJudged) =>
  [...steps, ...all].filter(({ verdict }) => verdict === "not-shown").map(({ what }) => what);
const open = ({ steps, looks: all }: ChecklistJudged) =>
  [...steps, ...all].filter(({ verdict }) => verdict === "open").map(({ what }) => what);

describe("a checklist", () => {
  it("in which everything is right shows everything", async () => {
    checklistResult.parse(RIGHT);
    const judged = await judge(RIGHT);
    assert.deepEqual([notShown(judged), open(judged), checklistExitCode(judged)], [[], [], 0]);
    assert.equal(judged.steps.length, CHECKLIST.length);
    const lines = renderChecklist(judged);
    assert.match(lines[0] ?? "", /^\d+ shown, 0 not, 0 open$/);
    for (const line of lines) assert.ok([...line].length <= 80, line);
  });

  it("read as Windows PowerShell writes it, in UTF-16 or with a mark, says the same", async () => {
    const expected = await judge(RIGHT);
    for (const bytes of [Buffer.from(`\ufeff${JSON.stringify(RIGHT)}`), Buffer.from(`\ufeff${JSON.stringify(RIGHT)}`, "utf16le")])
      assert.deepEqual(await judgeChecklist(bytes, "answers.json"), { ok: true, judged: expected });
  });

  it("a step that was not seen is not shown, with the note; one that was skipped or is missing is open", async () => {
    const [first, second, , ...rest] = RIGHT.steps;
    assert.ok(first && second);
    const judged = await judge({
      ...RIGHT,
      steps: [{ ...first, answer: "not-seen", note: "the tile was empty" }, { ...second, answer: "skipped" }, ...rest],
    });
    assert.deepEqual([notShown(judged), open(judged)], [[CHECKLIST[0]?.id], [CHECKLIST[1]?.id, CHECKLIST[2]?.id]]);
    assert.equal(judged.steps[0]?.says, "the tile was empty");
    assert.equal(checklistExitCode(judged), 1);
  });

  const wrong: [string, Partial<ChecklistResult["looks"]>, string][] = [
    ["no service", { service: null }, "the service"],
    [
      "a service that runs as somebody",
      { service: { account: ".\\bob", path: '"C:\\x.exe"', startMode: "Auto", state: "Running" } },
      "the service",
    ],
    [
      "a path without quotes",
      { service: { account: "LocalSystem", path: "C:\\Program Files\\x.exe", startMode: "Auto", state: "Running" } },
      "the service",
    ],
    [
      "a pipe for everybody",
      { access: [{ path: "\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport", sddl: "O:BAG:BAD:P(A;;FA;;;SY)(A;;FR;;;WD)" }] },
      "access to \\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport",
    ],
    [
      "a pipe of somebody's",
      { access: [{ path: "\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport", sddl: "O:S-1-5-21-1-2-3-1001G:BAD:P(A;;FA;;;SY)" }] },
      "access to \\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport",
    ],
    [
      "a program folder that users may write to",
      { access: [{ path: "C:\\Program Files\\Sallyport", sddl: "O:SYG:SYD:(A;;0x1301bf;;;BU)" }] },
      "access to C:\\Program Files\\Sallyport",
    ],
    ["no access list", { access: [{ path: "C:\\x", sddl: "O:SYG:SYD:NO_ACCESS_CONTROL" }] }, "access to C:\\x"],
    [
      "a changed file",
      {
        files:
          RIGHT.looks.files && !("unavailable" in RIGHT.looks.files)
            ? RIGHT.looks.files.map((one) => ({ ...one, signature: "HashMismatch" }))
            : [],
      },
      "signature of the provider",
    ],
    ["a key outside of a TPM that is there", { key: "dpapi" }, "the machine's key"],
    ["no key", { key: null }, "the machine's key"],
    ["Restricted Admin", { lsa: { RunAsPPL: null, DisableRestrictedAdmin: 0 } }, "Restricted Admin"],
    ["no UAC", { uac: { EnableLUA: 0, ConsentPromptBehaviorAdmin: 0, ConsentPromptBehaviorUser: 0, PromptOnSecureDesktop: 0 } }, "UAC"],
    ["an agent that does not run", { status: '{"running": false}' }, "the agent"],
  ];
  for (const [what, change, row] of wrong) it(`with ${what} says so`, async () => assert.ok(notShown(await looks(change)).includes(row)));

  it("with parts of two versions says so", async () => {
    const files = RIGHT.looks.files;
    assert.ok(Array.isArray(files));
    assert.deepEqual(notShown(await looks({ files: files.map((one, at) => ({ ...one, version: `0.${at}.0` })) })), [
      "versions of all files",
    ]);
    assert.ok(notShown(await looks({ files: files.slice(1) })).includes("file of the provider"));
  });

  it("says of everything that could not be read that it is open", async () => {
    const none = { unavailable: "access denied" };
    const all = Object.fromEntries(Object.keys(RIGHT.looks).map((name) => [name, none]));
    const judged = await judge({ ...RIGHT, looks: all, facts: none });
    assert.equal(open(judged).length, Object.keys(all).length + 1);
    assert.equal(checklistExitCode(judged), 2);
    assert.ok(open(await judge({ ...RIGHT, looks: {} })).length >= Object.keys(all).length);
  });

  it("shows what the doctor finds in the facts", async () => {
    const facts = { ...RIGHT.facts, services: { TermService: null, Sallyport: null, W32Time: { state: 4, start: 2 } } };
    assert.ok(notShown(await judge({ ...RIGHT, facts })).includes("doctor: agent.unreachable"));
    assert.ok(open(await judge({ ...RIGHT, facts: { version: 1, collectedAt: "x" } })).length > 0);
  });

  it("refuses a file of another shape, by line and column, and a step that there is none of", async () => {
    const refuse = async (bytes: string) => {
      const done = await judgeChecklist(Buffer.from(bytes), "answers.json");
      return done.ok ? [] : done.complaints;
    };
    assert.match((await refuse('{\n "version": 1,\n "secret": 2\n}')).join("\n"), /answers\.json:3:2: .*secret/);
    assert.match((await refuse(JSON.stringify(RIGHT).slice(0, -5)))[0] ?? "", /^answers\.json:1:\d+: /);
    const steps = [{ id: "made-up", answer: "seen", note: "" }];
    assert.deepEqual(await refuse(JSON.stringify({ ...RIGHT, steps })), ["answers.json: there is no step made-up"]);
  });
});
