/** S16: how long a wrong password takes, and a name that nobody has, in turn in one run: whoever measures from outside must not tell them apart. */
import http from "node:http";
import { end, makeKeys, manage, startOrg } from "./logon-client.ts";
import { makeMembers } from "./members.ts";

const ROUNDS = 200;
const WARM = 20;
/** Of the medians; of two equal ways the ratio of one run stays within a few hundredths of one. */
const MOST_APART = 0.1;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/** In ms. Behind the admin socket the route is the same, and no rate limit is in the way. */
async function refused(username: string): Promise<number> {
  const began = performance.now();
  const said = await manage("POST", "/api/v1/authn", { username, password: "not the password" }, agent).then(
    () => "let in",
    (error: Error) => error.message,
  );
  const took = performance.now() - began;
  if (!/401|E0000004/.test(said)) throw new Error(`${username}: ${said}`);
  return took;
}

const at = (times: number[], part: number) => times.toSorted((a, b) => a - b)[Math.floor(times.length * part)] ?? 0;

makeKeys();
try {
  await startOrg(0);
  // Each wrong password hits another person, so that nobody has to wait for a second try.
  const people = await makeMembers(WARM + ROUNDS);
  const wrong: number[] = [];
  const unknown: number[] = [];
  for (const [round, { login }] of people.entries()) {
    const ways = [async () => wrong.push(await refused(login)), async () => unknown.push(await refused(`nobody${round}`))];
    // The first of a pair now and then pays for what the pair before left behind: each is first as often.
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) await way();
    if (round === WARM - 1) for (const times of [wrong, unknown]) times.length = 0;
  }
  for (const [name, part] of [
    ["p50", 0.5],
    ["p90", 0.9],
  ] as const) {
    const [known, nobody] = [at(wrong, part), at(unknown, part)];
    const ratio = nobody / known;
    process.stdout.write(
      `${name}: wrong password ${known.toFixed(2)} ms, a name that nobody has ${nobody.toFixed(2)} ms; ratio ${ratio.toFixed(3)}\n`,
    );
    if (part === 0.5 && Math.abs(ratio - 1) > MOST_APART) process.exitCode = 1;
  }
} finally {
  agent.destroy();
  await end();
}
