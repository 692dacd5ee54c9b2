/** ssh while the org is down: in by an offline code or a break-glass answer, once each, reported when the org is back (S27). */
import assert from "node:assert/strict";
import { rmSync, statSync } from "node:fs";
import { after, before, test } from "node:test";
import { ssh, sshTalk, startSshd, until } from "../machine/clients.ts";
import { Machine } from "../machine/machine.ts";
import { codeOf, type Person } from "../machine/org.ts";
import { COMMAND, type Daemon, must, run } from "../machine/processes.ts";

const KEY = "/run/story/break-glass.json";

let machine: Machine;
let sshd: Daemon;

before(async () => {
  machine = await Machine.build(["alice", "bob", "carol"]);
  sshd = await startSshd();
  await machine.org.setPolicy(machine.app, { rules: [], offline: { days: 7, uses: 5 }, breakGlass: { users: ["bob"] } });
  must(process.execPath, [COMMAND, "breakglass", "export", "--file", KEY, "--data", machine.org.data]);
  machine.refresh();
});
after(async () => {
  await sshd?.stop();
  await machine?.end();
});

/** Answers by the first pattern that the prompt fits; nothing to anything else. */
const replies =
  (...pairs: [RegExp, (prompt: string) => string | Promise<string>][]) =>
  async (prompt: string) =>
    (await pairs.find(([asks]) => asks.test(prompt))?.[1](prompt)) ?? "";

const oath = (secret: string, ahead = 0) =>
  must("oathtool", ["--totp", "-b", "--now", `@${Math.floor(Date.now() / 1000) + ahead * 30}`, secret]).trim();

async function logOn(person: Person, reply: (prompt: string) => string | Promise<string>) {
  const before = machine.attempts().length;
  const done = await sshTalk(person.login, reply);
  const attempt = await machine.attemptAfter(before);
  return { out: done.out.trim(), prompts: done.prompts, attempt };
}

/** Set up by alice in a logon with the org. */
let secret = "";
let offlineReference = "";
let glassReference = "";

test("a logon with the org offers offline codes, and keeps what the first code proved", async () => {
  const alice = machine.person("alice");
  const done = await logOn(
    alice,
    replies(
      [/Password: $/, () => alice.password],
      [/Code from your app: $/, () => codeOf(alice)],
      [/Set up offline codes[\s\S]*1\. yes[\s\S]*Choose: $/, () => "1"],
      [
        /by hand: [\s\S]*Code that the app shows: $/,
        (prompt) => {
          secret = /by hand: ([A-Z2-7 ]+)/.exec(prompt)?.[1]?.replaceAll(" ", "") ?? "";
          return oath(secret);
        },
      ],
    ),
  );
  assert.equal(done.out, "alice", done.prompts.join("\n"));
  assert.match(done.prompts.at(-1) ?? "", /Scan:\n█+\n█/, "the QR code comes through sshd and the client");
  assert.equal(statSync(KEY).mode & 0o777, 0o600);
});

test("with the org down an offline code lets in, once; a wrong password is asked nothing", async () => {
  await machine.org.stop();
  const alice = machine.person("alice");
  const code = oath(secret, 1);
  const answers = replies([/Password: $/, () => alice.password], [/Offline code of this machine: $/, () => code]);
  const done = await logOn(alice, answers);
  assert.equal(done.out, "alice", done.prompts.join("\n"));
  offlineReference = done.attempt.reference;
  const again = await logOn(alice, answers);
  assert.notEqual(again.out, "alice");
  assert.equal(again.attempt.cause, "factor.code-used");
  const wrong = await logOn({ ...alice, password: "wrong" }, replies([/Password: $/, () => "wrong"]));
  assert.deepEqual([wrong.attempt.cause, wrong.prompts.length], ["user.password", 1]);
});

test("with the org down the answer of the recovery key lets bob in, and nobody whom policy does not name", async () => {
  const bob = machine.person("bob");
  const answerFor = async (prompt: string) => {
    const challenge = /Challenge: ([0-9A-Z-]+)/.exec(prompt)?.[1] ?? "";
    const host = /Machine: (\S+)/.exec(prompt)?.[1] ?? "";
    const words = ["breakglass", "answer", "--key", KEY, "--host", host, "--user", "bob", "--challenge", challenge, "--json"];
    return JSON.parse(must(process.execPath, [COMMAND, ...words])).answer as string;
  };
  let answer = "";
  const done = await logOn(
    bob,
    replies(
      [/Password: $/, () => bob.password],
      [
        /Answer: $/,
        async (prompt) => {
          answer = await answerFor(prompt);
          return answer;
        },
      ],
    ),
  );
  assert.equal(done.out, "bob", done.prompts.join("\n"));
  glassReference = done.attempt.reference;
  const again = await logOn(bob, replies([/Password: $/, () => bob.password], [/Answer: $/, () => answer]));
  assert.equal(again.attempt.cause, "breakglass.wrong", "the same answer at another prompt");
  const carol = machine.person("carol");
  const refused = await ssh("carol", [carol.password]);
  assert.notEqual(refused.out.trim(), "carol");
  const planted = (await run("grep", ["-rlF", "-e", answer, "-e", secret, "/var/log/sallyport", "/var/lib/sallyport"])).out;
  assert.equal(planted, "");
});

test("when the org is back it hears of both, each as an event of its own, and why tells of them", async () => {
  await machine.org.start();
  machine.refresh();
  const events = await until("both events", async () => {
    const log = (await machine.org.call("GET", "/api/v1/logs?limit=1000")) as { eventType: string }[];
    const found = log.filter(({ eventType }) => eventType === "logon.offline" || eventType === "logon.break-glass");
    return found.length === 2 ? found : undefined;
  });
  assert.deepEqual(new Set(events.map(({ eventType }) => eventType)), new Set(["logon.offline", "logon.break-glass"]));
  for (const [reference, proof] of [
    [offlineReference, "offline"],
    [glassReference, "break-glass"],
  ] as const) {
    const why = machine.why(reference);
    assert.equal(why.result, "allow");
    assert.match(JSON.stringify(why), new RegExp(`"proof":"${proof}"`));
  }
});

test("S27: an org that answers, but with errors, opens neither", async () => {
  const alice = machine.person("alice");
  const back = await machine.org.replaceByErrors();
  const answers = replies([/Password: $/, () => alice.password], [/Offline code/, () => oath(secret, 1)]);
  const errors = await logOn(alice, answers);
  assert.deepEqual([errors.out === "alice", errors.attempt.cause, errors.prompts.length], [false, "http.server-error", 1]);
  await back();
});

test("S27: a machine whose policy does not grant it any more forgets its key, and asks no offline code", async () => {
  await machine.org.setPolicy(machine.app, { rules: [] });
  machine.refresh();
  await until(
    "the key to be gone",
    () => statSync("/var/lib/sallyport/break-glass.json", { throwIfNoEntry: false }) === undefined || undefined,
  );
  await machine.org.stop();
  for (const name of ["alice", "bob"]) {
    const person = machine.person(name);
    const done = await logOn(person, replies([/Password: $/, () => person.password]));
    assert.deepEqual([done.out === name, done.attempt.cause, done.prompts.length], [false, "net.refused", 1]);
  }
  rmSync(KEY);
});
