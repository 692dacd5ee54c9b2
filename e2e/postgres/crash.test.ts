/** A node is killed and the database ends at once in the middle of 500 logons: nothing answered is lost, nothing is doubled, no code works twice. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { must, until } from "../machine/processes.ts";
import { Cluster, PATIENCE_S } from "./cluster.ts";
import { Host } from "./host.ts";
import { Node, ORG_URL, type StoryPerson } from "./node.ts";

const FOLDER = "/run/pg-crash";
const LOGONS = 500;
const AT_ONCE = 16;
/** Answers after which the first node is killed and the database ends. */
const KILL_AFTER = 150;

let cluster: Cluster;
let nodes: [Node, Node];
let host: Host;
let people: StoryPerson[];

before(async () => {
  cluster = await Cluster.make(FOLDER, 15436);
  cluster.sql("CREATE DATABASE org");
  nodes = [new Node(`${FOLDER}-node0/n`, 18081, cluster.url("org")), new Node(`${FOLDER}-node1/n`, 18082, cluster.url("org"))];
  for (const node of nodes) await node.start(`${FOLDER}-key`);
  const app = (await nodes[0].call("POST", "/api/v1/apps", { label: "story" })).id;
  host = new Host(ORG_URL);
  await host.enrol(nodes[0].port, (await nodes[0].call("POST", "/api/v1/host-codes", { app })).code);
  people = await inParallel(
    Array.from({ length: LOGONS }, (_, index) => index),
    (index) => nodes[index % 2 === 0 ? 0 : 1].person(app, `crash${index}`),
  );
  // One machine may ask for 500 different names an hour; the story asks for each twice.
  cluster.sql("DELETE FROM host_names", "org");
});
after(async () => {
  await Promise.all((nodes ?? []).map((node) => node.stop("SIGKILL")));
  await cluster?.stop();
});

async function inParallel<A, B>(all: A[], work: (one: A) => Promise<B>): Promise<B[]> {
  const done: B[] = [];
  const queue = all.map((one, index) => ({ one, index }));
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) done[next.index] = await work(next.one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return done;
}

interface Tried {
  login: string;
  /** Undefined if the first question was not answered. */
  reference: string | undefined;
  allowed: boolean;
}

/** Each half of a logon goes to a node by turns; an agent would try again, here what was not answered stays so. */
async function tryAll(codeOf: (person: StoryPerson) => string, onAnswer: (count: number) => void): Promise<Tried[]> {
  let answers = 0;
  return inParallel(people, async (person) => {
    const { login } = person;
    const tried: Tried = { login, reference: undefined, allowed: false };
    const [first, second] = answers % 2 === 0 ? nodes : [nodes[1], nodes[0]];
    try {
      const opened = await host.open(first.port, login);
      tried.reference = opened.reference;
      const done = await host.verify(second.port, opened, codeOf(person));
      tried.allowed = done.body.decision !== undefined;
    } catch {
      // The node was gone, or said 503: an answer that is no "let in". The next person comes when somebody answers again.
      await until("a node is ready", async () => (await nodes[1].ready()) === 200 || undefined, PATIENCE_S);
    }
    onAnswer(++answers);
    return tried;
  });
}

test("S22: kill -9 of a node and the end of the database in the middle of 500 logons lose and double nothing", async () => {
  const typed = new Map<string, string>();
  const codeNow = ({ login, secret }: StoryPerson) => {
    const code = must("oathtool", ["--totp", "-b", secret]).trim();
    typed.set(login, code);
    return code;
  };
  let crashed: Promise<void> | undefined;
  const crash = async () => {
    await Promise.all([nodes[0].stop("SIGKILL"), cluster.stop("SIGQUIT")]);
    await cluster.start();
    await nodes[0].start(`${FOLDER}-key`);
  };
  const first = await tryAll(codeNow, (count) => {
    if (count >= KILL_AFTER) crashed ??= crash();
  });
  await crashed;
  for (const node of nodes) await until("the node is ready", async () => (await node.ready()) === 200 || undefined, PATIENCE_S);
  const allowed = first.filter((one) => one.allowed);
  assert.ok(allowed.length >= 50 && allowed.length < LOGONS, `${allowed.length} were let in`);

  // Whoever was let in tries the same code again; the others type the one that is shown now.
  const wasLetIn = new Set(allowed.map(({ login }) => login));
  const codeAgain = (person: StoryPerson) => (wasLetIn.has(person.login) ? (typed.get(person.login) ?? "") : codeNow(person));
  const again = await tryAll(codeAgain, () => {});
  for (const { login, allowed: also } of again) assert.ok(!(also && wasLetIn.has(login)), `the code of ${login} worked twice`);
  const afterwards = again.filter((one) => one.allowed);
  assert.ok(afterwards.length > 0, "codes that were never taken still work");

  const exported = await nodes[1].command("log", "export", `${FOLDER}-export.jsonl`);
  assert.equal(exported.code, 0, exported.out);
  const events: { type: string; reference?: string; data: { factor?: string; step?: number } }[] = readFileSync(
    `${FOLDER}-export.jsonl`,
    "utf8",
  )
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const letIn = events.filter(({ type }) => type === "logon.allowed");
  const references = letIn.map(({ reference }) => reference);
  for (const { reference } of [...allowed, ...afterwards])
    assert.ok(references.includes(reference), `${reference} was answered but is not in the log`);
  assert.equal(new Set(references).size, references.length, "a logon is in the log twice");
  const proofs = events.filter(({ type }) => type === "factor.verified").map(({ data }) => `${data.factor} ${data.step}`);
  assert.equal(proofs.length, letIn.length, "a logon for each proof, and a proof for each logon");
  assert.equal(new Set(proofs).size, proofs.length, "one code let in twice");
  const used = new Set(cluster.sql("SELECT enrolment_id || ' ' || step FROM used_steps", "org").split("\n"));
  for (const proof of proofs) assert.ok(used.has(proof), `${proof} let in and is not used up`);
  const verified = await nodes[1].command("log", "verify", "--json");
  assert.equal(verified.code, 0, verified.out);
  process.stdout.write(
    `crash: ${allowed.length} let in before, ${afterwards.length} after, ${letIn.length - allowed.length - afterwards.length} without an answer, none twice; ` +
      `${JSON.parse(verified.out).events} events in ${JSON.parse(verified.out).nodes.length} chains verified\n`,
  );
});
