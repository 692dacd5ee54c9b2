/** Syncs of a real OpenLDAP server by real org processes: killed in the middle, taken up again, and never two at once over several nodes. */
import assert from "node:assert/strict";
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Certificate, makeCertificate } from "../machine/certificates.ts";
import { COMMAND, mustWith, run, until } from "../machine/processes.ts";
import { Cluster } from "../postgres/cluster.ts";
import { Node } from "../postgres/node.ts";
import { ADMIN, READER, Slapd, SUFFIX } from "./slapd.ts";

const FOLDER = "/run/syncs";
const NAME = "directory.example.test";
/** Of loopback, and no other directory of these stories has it. */
const ADDRESS = "127.0.0.5";
const PEOPLE = 2500;
const GROUPS = 100;
/** Who leaves the directory on the way. */
const GONE = [8, 9, 10];
/** A lease of twenty seconds, a sweep of five, and the run itself on a slow machine. */
const PATIENCE_S = 180;

let authority: Certificate;
let slapd: Slapd;
let cluster: Cluster;
const nodes: Node[] = [];

const person = (index: number) => `uid=person${index},ou=people,${SUFFIX}`;

function entries(): string {
  const rooms = ["people", "groups"].map((ou) => `dn: ou=${ou},${SUFFIX}\nobjectClass: organizationalUnit\nou: ${ou}\n`);
  const people = Array.from(
    { length: PEOPLE },
    (_, index) => `dn: ${person(index)}\nobjectClass: inetOrgPerson\nuid: person${index}\ncn: P${index}\nsn: S${index}\n`,
  );
  const groups = Array.from({ length: GROUPS }, (_, index) => {
    const members = Array.from({ length: 10 }, (_unused, at) => `member: ${person((index * 10 + at) % PEOPLE)}`);
    return `dn: cn=group${index},ou=groups,${SUFFIX}\nobjectClass: groupOfNames\ncn: group${index}\n${members.join("\n")}\n`;
  });
  return [...rooms, ...people, ...groups].join("\n");
}

before(async () => {
  mkdirSync(join(FOLDER, "slapd"), { recursive: true });
  // PostgreSQL runs as its own user.
  chmodSync(FOLDER, 0o755);
  appendFileSync("/etc/hosts", `${ADDRESS} ${NAME}\n`);
  authority = makeCertificate(FOLDER, "authority", { subject: "Story authority", authority: true });
  const certificate = makeCertificate(FOLDER, "directory", { subject: NAME, issuer: authority });
  slapd = new Slapd(join(FOLDER, "slapd"), { urls: [`ldaps://${ADDRESS}`], certificate, authority }, entries());
  await slapd.start();
  cluster = await Cluster.make(join(FOLDER, "postgres"), 15_460);
  cluster.sql("CREATE DATABASE org");
  const settings = {
    kind: "ldap",
    servers: [`ldaps://${NAME}`],
    trust: { ca: readFileSync(authority.pem, "utf8") },
    bindDn: READER.dn,
    base: SUFFIX,
  };
  writeFileSync(join(FOLDER, "corp.json"), JSON.stringify(settings));
  writeFileSync(join(FOLDER, "corp.secret"), `${READER.password}\n`);
});
after(async () => {
  await Promise.all(nodes.map((node) => node.stop("SIGKILL")));
  await Promise.all([slapd?.stop(), cluster?.stop()]);
});

async function node(name: string, port: number, database: string): Promise<Node> {
  const made = new Node(join(FOLDER, name, "n"), port, database);
  nodes.push(made);
  const keys = join(FOLDER, name.replace(/\d$/, ""));
  mkdirSync(keys, { recursive: true });
  await made.start(join(keys, "key"));
  return made;
}

const source = (org: Node, ...args: string[]) =>
  run(process.execPath, ["--disable-warning=ExperimentalWarning", COMMAND, "source", ...args, "--data", join(org.folder, "data")], {
    timeout: PATIENCE_S * 1000,
  });
const runs = (org: Node) => org.call("GET", "/api/v1/sources/corp/runs");
/** Processes whose command line has this. */
const processes = async (part: string) => (await run("pgrep", ["-f", part])).stdout.split("\n").filter((line) => line !== "");

/** Sets the source up, and kills the org while it brings `people` in. */
async function addAndKill(org: Node, people: number): Promise<void> {
  const files = ["--file", join(FOLDER, "corp.json"), "--secret-file", join(FOLDER, "corp.secret")];
  const added = await source(org, "add", "corp", "--kind", "ldap", ...files);
  assert.equal(added.code, 0, added.out);
  const tested = await source(org, "test", "corp");
  assert.match(tested.out, /answers\n[\s\S]*login: person/, tested.out);
  const dry = JSON.parse((await source(org, "sync", "corp", "--dry-run", "--json")).stdout);
  assert.deepEqual(dry.counts, { created: people, "groups-created": GROUPS });
  assert.deepEqual(await org.call("GET", "/api/v1/users"), []);
  await org.call("POST", "/api/v1/sources/corp/sync", {});
  await until(
    "people come in",
    async () => ((await org.call("GET", "/api/v1/users?limit=200")).length === 200 ? true : undefined),
    PATIENCE_S,
  );
  await org.stop("SIGKILL");
  await until("its planning process is gone, too", async () => ((await processes("sync/planner")).length === 0 ? true : undefined));
}

/** Nobody asks for it: the run is seen to be dead, and another one does the rest. */
async function takenUp(org: Node, people: number): Promise<void> {
  const [next, dead] = await until(
    "the rest is done",
    async () => {
      const all = await runs(org);
      return all.length === 2 && all[0].status !== "running" ? all : undefined;
    },
    PATIENCE_S,
  );
  assert.deepEqual([dead.status, dead.cause, next.status, next.cause, next.kind], ["interrupted", "manual", "done", "schedule", "full"]);
  assert.equal(next.counts.created + next.counts.unchanged, people);
  assert.ok(next.counts.unchanged >= 200, "what was there is not made again");
  const listed = await run(process.execPath, [COMMAND, "user", "list", "--json", "--data", join(org.folder, "data")]);
  assert.equal(JSON.parse(listed.stdout).length, people);
  const last = await source(org, "sync", "corp", "--full");
  assert.deepEqual([last.code, last.out.trim()], [0, `corp: ${people} unchanged, ${GROUPS} groups unchanged`]);
}

test("SQLite: an org that was killed in the middle of a sync does the rest after its start", async () => {
  const org = await node("sqlite", 18_181, "");
  await addAndKill(org, PEOPLE);
  await org.start(join(FOLDER, "sqlite", "key"));
  await takenUp(org, PEOPLE);
});

test("ten changes are read as changes, and whoever left the directory is refused from then on", async () => {
  const [org] = nodes as [Node];
  const changes = [1, 2, 3, 4, 5, 6, 7].map((index) => `dn: ${person(index)}\nchangetype: modify\nreplace: sn\nsn: New${index}\n`);
  const gone = GONE.map((index) => `dn: ${person(index)}\nchangetype: delete\n`);
  const as = ["-x", "-H", `ldaps://${NAME}`, "-D", ADMIN.dn, "-w", ADMIN.password];
  mustWith("ldapmodify", as, { LDAPTLS_CACERT: authority.pem }, [...changes, ...gone].join("\n"));
  const synced = await source(org, "sync", "corp", "--json");
  assert.equal(synced.code, 0, synced.out);
  const { counts, status } = JSON.parse(synced.stdout);
  assert.deepEqual([status, counts.updated, counts.deactivated, counts["members-out"]], ["done", 7, 3, 3]);
  assert.equal((await org.call("GET", "/api/v1/users/person8")).status, "DEPROVISIONED");
});

test("the directory is gone: the command says why, its exit code is 1, and nobody is changed", async () => {
  const [org] = nodes as [Node];
  await slapd.stop();
  const { code, out } = await source(org, "sync", "corp");
  assert.equal(code, 1);
  assert.match(out, /^corp: failed: .*ldaps:\/\/directory\.example\.test/);
  assert.equal((await org.call("GET", "/api/v1/users/person1")).status, "ACTIVE");
  await slapd.start();
});

test("PostgreSQL: what a killed node left another one takes up, and two never run at once", async () => {
  const org = await node("pg1", 18_182, cluster.url("org"));
  const other = await node("pg2", 18_183, cluster.url("org"));
  await addAndKill(org, PEOPLE - GONE.length);
  await takenUp(other, PEOPLE - GONE.length);
  await org.start(join(FOLDER, "pg", "key"));
  const begun = await Promise.allSettled([org, other].map((one) => one.call("POST", "/api/v1/sources/corp/sync", { full: true })));
  assert.deepEqual(begun.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const refused = begun.find((one) => one.status === "rejected");
  assert.match(String(refused?.reason), /409 .*a sync or an import of corp is under way/);
  await until("it ends", async () => ((await runs(org))[0].status === "done" ? true : undefined), PATIENCE_S);
});
