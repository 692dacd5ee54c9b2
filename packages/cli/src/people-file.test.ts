/** Tests of the reader of people in CSV files, and of the command around it on a real org. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { OrgProcess } from "./org-process.fixture.ts";
import { readPeopleFile } from "./people-file.ts";

const read = (text: string, options = {}) => readPeopleFile("p.csv", text, options);
const complaint = (text: string, options = {}) => {
  try {
    read(text, options);
  } catch (error) {
    return (error as Error).message;
  }
  return "no complaint";
};

test("commas, semicolons and tabs, BOM, CRLF and quotes all give the same people", () => {
  const rows = [
    ["externalId", "login", "email", "active"],
    ["1", "alice", "", "yes"],
    ["2", "bob", "bob@corp.example", "0"],
  ];
  const expected = {
    people: [
      { externalId: "1", profile: { login: "alice", email: null }, active: true },
      { externalId: "2", profile: { login: "bob", email: "bob@corp.example" }, active: false },
    ],
    lines: [2, 3],
    ignored: [],
  };
  for (const delimiter of [",", ";", "\t"])
    for (const end of ["\n", "\r\n"])
      for (const bom of ["", "\u{feff}"])
        for (const quote of ["", '"']) {
          const text = bom + rows.map((row) => row.map((cell) => quote + cell + quote).join(delimiter)).join(end);
          assert.deepEqual(read(text), expected, JSON.stringify(text));
        }
});

test("a column that is not there leaves a field alone, an empty cell takes it away, and a name over several lines counts its lines", () => {
  const [one, two] = read('externalId,login,firstName\n1,alice,"Al\nice"\n2,bob,\n').people;
  assert.deepEqual(
    [one?.profile, two?.profile],
    [
      { login: "alice", firstName: "Al\nice" },
      { login: "bob", firstName: null },
    ],
  );
  assert.match(complaint('externalId,login,firstName\n1,alice,"Al\nice"\n2,,x\n'), /^p\.csv:4: login: is empty$/);
});

test("columns are mapped, and what is wrong is named by line, column and the nearest right word", () => {
  assert.deepEqual(read("No;login;Room\n7;eve;12\n", { map: ["No=externalId"] }), {
    people: [{ externalId: "7", profile: { login: "eve" }, active: true }],
    lines: [2],
    ignored: ["Room"],
  });
  assert.match(
    complaint("id,login\n1,x\n"),
    /^p\.csv:1: no column is called externalId; .*--map "COLUMN=externalId" \(there are: id, login\)/,
  );
  assert.match(complaint("external-id,login\n1,x\n"), /--map "external-id=externalId"/);
  assert.match(complaint("id,login\n1,x\n", { map: ["id=externalID"] }), /^--map id=externalID: .* did you mean externalId\?/);
  assert.match(complaint("id,login\n1,x\n", { map: ["nr=externalId"] }), /has no such column; there are: id, login/);
  assert.match(complaint("externalId,login,EXTERNALID\n1,x,2\n"), /^p\.csv:1: two columns stand for externalId/);
  assert.match(complaint("externalId,login,active\n1,x,perhaps\n"), /^p\.csv:2: active: is perhaps, not yes or no/);
  assert.match(
    complaint("No;Name\n1;x\n", { map: [] }),
    /no column is called externalId and none login; .*--map "COLUMN=externalId" --map "COLUMN=login"/,
  );
  const slips = complaint(`externalId,login\n1,\n2,x\n,y\n${"3,\n".repeat(30)}`).split("\n");
  assert.deepEqual([slips.length, ...slips.slice(0, 2)], [21, "p.csv:2: login: is empty", "p.csv:4: externalId: is empty"]);
  assert.equal(slips.at(-1), "and 12 more");
  assert.match(complaint("externalId,login\n1,x\n2\n"), /^p\.csv:3: /);
  assert.match(complaint('externalId,login\n1,"x\n'), /^p\.csv:[23]: /);
  assert.match(complaint("externalId,login\n"), /there is nobody in it/);
  assert.match(complaint(""), /there is nobody in it/);
  assert.match(complaint(Buffer.from("externalId,login\n1,zo\xeb\n", "latin1").toString("utf8")), /it is not UTF-8/);
});

test("as an administrator types it: a dry run, the import, the brake, and somebody who shares a name", async (t) => {
  const org = new OrgProcess(t);
  await org.start();
  const file = join(org.folder, "people.csv");
  const bring = (text: string, ...more: string[]) => {
    writeFileSync(file, text);
    return org.say("source", "import", file, "--source", "hr", ...more);
  };
  const logins = () => org.json<{ profile: { login: string } }[]>("user", "list").map(({ profile }) => profile.login);
  org.json("user", "add", "bob");
  const dry = bring("externalId,login\n1,alice\n2,bob\n", "--dry-run");
  assert.equal(dry.code, 0, dry.err);
  assert.match(
    dry.out,
    /^line {2}login +fate +why, or what changed\n3 +bob +held-back +shares login bob\n2 +alice +created\n\nhr: 1 made, but held back/,
  );
  assert.match(dry.out, /Nothing was changed: this was a dry run\.\n$/);
  assert.deepEqual(logins(), ["bob"]);
  assert.equal(bring("externalId,login\n1,alice\n2,bob\n").code, 0);
  assert.deepEqual(logins(), ["alice", "bob", "bob"]);
  assert.equal(bring("externalId,login\n1,alice\n2,bob\n5,carl\n").code, 0);
  const braked = bring("externalId,login\n2,bob\n", "--complete");
  assert.equal(braked.code, 1);
  assert.match(braked.err, /2 of 3 people would be deactivated, more than 10 %: nothing is changed then/);
  const before = bring("externalId,login\n2,bob\n", "--complete", "--dry-run");
  assert.equal(before.code, 0);
  assert.match(before.out, /The brake would stop this: 2 of 3 people would be deactivated, more than 10 %/);
  const refused = org.say("source", "import", file, "--source", "hr", "--brake", "ten");
  assert.deepEqual([refused.code, refused.err], [1, "sallyport: --brake ten: is not a number from 0 to 100\n"]);
  const clash = bring("externalId,login\n1,alice\n3,ALICE\n", "--json");
  assert.equal(clash.code, 1, "somebody was refused");
  assert.deepEqual(
    JSON.parse(clash.out).people.map((one: { line: number; fate: string }) => [one.line, one.fate]),
    [
      [2, "unchanged"],
      [3, "refused"],
    ],
  );
});
