/** An enrolled agent in a folder of its own, with its org, for one test. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { writeClientSecret } from "@sallyport/contracts";
import { arm, enrolHost, type RegisterOptions, type RunningAgent, registerHost, startAgent } from "../src/index.ts";
import { OrgDouble } from "./org-double.ts";
import { ProviderDouble } from "./provider-double.ts";

export interface Rig {
  org: OrgDouble;
  state: string;
  agent: RunningAgent;
  provider(): ProviderDouble;
  log(): Record<string, unknown>[];
  /** The `logon` records of the log. */
  attempts(): Record<string, unknown>[];
}

type RigOptions = Parameters<typeof OrgDouble.start>[0] & { armed?: boolean; settings?: object; policy?: OrgDouble["policy"] };

export function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-agent-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function enrolled(t: TestContext, options: RigOptions = {}): Promise<{ org: OrgDouble; state: string }> {
  const state = tempFolder(t);
  const org = await OrgDouble.start(options);
  org.policy = options.policy ?? {};
  t.after(() => org.stop());
  const done = await enrolHost({ code: await org.code(), name: "srv01", state });
  assert.ok(done.ok, JSON.stringify(done));
  const file = join(state, "agent.json");
  const settings = {
    ...(JSON.parse(readFileSync(file, "utf8")) as object),
    timeouts: { connectMs: 1000, answerMs: 2000 },
    ...options.settings,
  };
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
  return { org, state };
}

/** Registered by client id and secret, its CA given in a file. */
export async function registered(t: TestContext, more: Partial<RegisterOptions> = {}): Promise<{ org: OrgDouble; state: string }> {
  const folder = tempFolder(t);
  const org = await OrgDouble.start();
  t.after(() => org.stop());
  const done = await registerHost({ ...valuesOf(org, folder), ...more });
  assert.ok(done.ok, JSON.stringify(done));
  return { org, state: join(folder, "state") };
}

/** The three values as an administrator would type them. */
export function valuesOf(org: OrgDouble, folder: string): RegisterOptions {
  const caFile = join(folder, "ca.pem");
  writeFileSync(caFile, org.ca.pem);
  const clientSecret = writeClientSecret(org.client.secret);
  return { url: org.url, clientId: org.client.id, clientSecret, caFile, state: join(folder, "state"), name: "srv01" };
}

export async function runHere(t: TestContext, state: string): Promise<RunningAgent> {
  const started = await startAgent({ state });
  assert.ok(started.ok, JSON.stringify(started));
  t.after(() => started.agent.stop());
  return started.agent;
}

/** Enrolled, running, checked, and armed unless told otherwise. */
export async function rig(t: TestContext, options: RigOptions = {}): Promise<Rig> {
  const { org, state } = await enrolled(t, options);
  if (options.armed !== false) {
    const armed = await arm({ state });
    assert.deepEqual(armed, { ok: true, findings: [], blocking: [] });
  }
  const agent = await runHere(t, state);
  await agent.checked();
  const log = () => readLog(join(state, "agent.log"));
  return {
    org,
    state,
    agent,
    provider: () => {
      const provider = new ProviderDouble(agent.settings.files.socket);
      t.after(() => provider.leave());
      return provider;
    },
    log,
    attempts: () => log().filter((line) => line["event"] === "logon"),
  };
}

export function readLog(file: string): Record<string, unknown>[] {
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
