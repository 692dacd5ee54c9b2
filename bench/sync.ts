/** A sync of 10,000 people and 2,000 groups from a real OpenLDAP server, whole and of ten changes, and what those who log on meanwhile notice. */
import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ADMIN, READER, Slapd, SUFFIX } from "../e2e/directory/slapd.ts";
import { makeCertificate } from "../e2e/machine/certificates.ts";
import { mustWith } from "../e2e/machine/processes.ts";
import { end, folder, makeKeys, manage, populate, startOrg } from "./logon-client.ts";
import { figuresLine, SteadyLogons } from "./steady-logons.ts";

const [PEOPLE = 10_000, GROUPS = 2000, LOGONS = 900] = process.argv.slice(2).map(Number);
const MEMBERS = 20;
/** libldap takes `localhost` for the name of the machine. */
const HOST = "directory.example.test";
const PORT = 18_636;
const MOST = { full: 60_000, changes: 2000, stall: 50 };

/** Made and changed long ago, all but one: what was changed in the last seconds before the newest is told again by the next read of changes. */
const OLD = "createTimestamp: 20200101000000Z\nmodifyTimestamp: 20200101000000Z";

const person = (index: number) => `uid=person${index},ou=people,${SUFFIX}`;
const group = (index: number) => `cn=group${index},ou=groups,${SUFFIX}`;

function entries(): string {
  const rooms = ["people", "groups"].map((ou) => `dn: ou=${ou},${SUFFIX}\nobjectClass: organizationalUnit\nou: ${ou}\n${OLD}\n`);
  const people = Array.from({ length: PEOPLE }, (_, index) =>
    [
      `dn: ${person(index)}`,
      "objectClass: inetOrgPerson",
      `uid: person${index}`,
      `cn: Person ${index}`,
      `givenName: Given${index}`,
      `sn: Family${index % 997}`,
      `mail: person${index}@corp.example`,
      `employeeNumber: ${index}`,
      `departmentNumber: ${index % 40}`,
      index === 0 ? OLD.replaceAll("2020", "2021") : OLD,
      "",
    ].join("\n"),
  );
  const groups = Array.from({ length: GROUPS }, (_, index) => {
    const members = Array.from({ length: MEMBERS }, (_unused, at) => person((index * 7 + at * 131) % PEOPLE));
    // Every tenth holds the next one, too.
    if (index % 10 === 0 && index + 1 < GROUPS) members.push(group(index + 1));
    return `dn: ${group(index)}\nobjectClass: groupOfNames\ncn: group${index}\n${[...new Set(members)].map((dn) => `member: ${dn}`).join("\n")}\n${OLD}\n`;
  });
  return [...rooms, ...people, ...groups].join("\n");
}

const as = ({ dn, password }: typeof ADMIN) => ["-x", "-H", `ldaps://${HOST}:${PORT}`, "-D", dn, "-w", password];

/** Everything once, by the plain tool: people, then groups. */
function floor(): number {
  const began = performance.now();
  for (const filter of ["(objectClass=inetOrgPerson)", "(objectClass=groupOfNames)"]) {
    const args = ["-LLL", "-E", "pr=500/noprompt", "-b", SUFFIX, filter, "*", "entryUUID"];
    const env = { ...process.env, LDAPTLS_CACERT: authority.pem };
    const { status } = spawnSync("ldapsearch", [...as(READER), ...args], { stdio: "ignore", env });
    if (status !== 0) throw new Error(`ldapsearch ended with ${status}`);
  }
  return performance.now() - began;
}

/** Until the run has ended; its own time, ms. */
async function sync(more: object = {}): Promise<number> {
  const begun = await manage("POST", "/api/v1/sources/corp/sync", more);
  for (;;) {
    const run = await manage("GET", `/api/v1/sources/corp/runs/${begun.id}`);
    if (run.status === "done") {
      process.stdout.write(`${run.kind}: ${JSON.stringify(run.counts)}\n`);
      return Date.parse(run.ended) - Date.parse(run.started);
    }
    if (run.status !== "running") throw new Error(JSON.stringify(run));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Ten changes as a day brings them: new, renamed, moved between groups, gone. */
function change(): void {
  const modify = (dn: string, ...lines: string[]) => `dn: ${dn}\nchangetype: modify\n${lines.join("\n")}\n`;
  const changes = [
    ...[1, 2, 3, 4].map((index) => modify(person(index), "replace: sn", `sn: Renamed${index}`)),
    ...[5, 6].map((index) => modify(group(index), "add: member", `member: ${person(index + 500)}`)),
    ...[7, 8].map((index) => `dn: ${person(index)}\nchangetype: delete\n`),
    ...[1, 2].map(
      (index) =>
        `dn: ${person(PEOPLE + index)}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: person${PEOPLE + index}\ncn: New\nsn: New${index}\n`,
    ),
  ];
  mustWith("ldapmodify", as(ADMIN), { LDAPTLS_CACERT: authority.pem }, changes.join("\n"));
}

const seconds = (ms: number) => (ms / 1000).toFixed(2);
const quiet = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

makeKeys();
// In the namespace of the run.
appendFileSync("/etc/hosts", `127.0.0.1 ${HOST}\n`);
chmodSync(folder, 0o755);
const authority = makeCertificate(folder, "authority", { subject: "Bench authority", authority: true });
const certificate = makeCertificate(folder, "directory", { subject: HOST, issuer: authority });
mkdirSync(join(folder, "slapd"));
const slapd = new Slapd(join(folder, "slapd"), { urls: [`ldaps://127.0.0.1:${PORT}`], certificate, authority }, entries());
try {
  await slapd.start();
  await startOrg(0);
  const logons = new SteadyLogons(await populate(LOGONS));
  const settings = {
    kind: "ldap",
    servers: [`ldaps://${HOST}:${PORT}`],
    trust: { ca: mustWith("cat", [authority.pem], {}) },
    bindDn: READER.dn,
    base: SUFFIX,
    map: { department: "departmentNumber", employeeNumber: "employeeNumber", displayName: "cn" },
  };
  await manage("POST", "/api/v1/sources", { name: "corp", kind: "ldap", settings, secret: READER.password, everyMinutes: null, brake: 50 });
  await logons.during(quiet(5000));
  const before = await logons.during(quiet(15_000));
  const bare = floor();
  const whole = sync();
  const full = await logons.during(whole);
  change();
  const some = sync();
  const changes = await logons.during(some);
  const again = await sync({ full: true });
  figuresLine("before", before);
  figuresLine("full sync", full);
  figuresLine("ten changes", changes);
  process.stdout.write(`ldapsearch of the same (floor) ${seconds(bare)} s\n`);
  process.stdout.write(
    `first sync of ${PEOPLE} people and ${GROUPS} groups ${seconds(await whole)} s   ratio ${((await whole) / bare).toFixed(1)}\n`,
  );
  process.stdout.write(`ten changes ${seconds(await some)} s   ratio ${((await some) / bare).toFixed(2)}\n`);
  process.stdout.write(`everything again, unchanged ${seconds(again)} s   ratio ${(again / bare).toFixed(2)}\n`);
  const stall = Math.max(full.max, changes.max) - before.max;
  process.stdout.write(`longest logon: ${stall.toFixed(1)} ms more than without (at most ${MOST.stall})\n`);
  if ((await whole) > MOST.full || (await some) > MOST.changes || stall > MOST.stall) process.exitCode = 1;
} finally {
  await end(() => slapd.stop());
}
