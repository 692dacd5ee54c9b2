/** What `sallyport start` adds to the org: an app for this machine, an agent that is enrolled and armed, and the way to a first logon. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { arm, enrolHost, readStatus } from "@sallyport/agent";
import type { AppView } from "@sallyport/contracts";
import type { ServerHandle } from "@sallyport/server";
import { Complaint } from "./complaint.ts";
import { OrgClient } from "./org-client.ts";

const APP = "this-machine";
/** How often the agent is asked whether it listens yet: nobody tells. */
const LOOK_MS = 50;

export async function startHere(handle: ServerHandle, data: string): Promise<{ stop: () => Promise<void> }> {
  const state = join(data, "agent");
  const first = !existsSync(join(state, "agent.json"));
  if (first) await enrolHere(data, state);
  // The same program again, whether it runs from source or as a bundle.
  const agent = spawn(process.execPath, [process.argv[1] ?? "", "agent", "run", "--state", state], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  await doorOpens(agent, state);
  if (first) await armHere(state);
  process.stdout.write(`${greeting(handle, data).join("\n")}\n`);
  return { stop: () => stop(agent) };
}

/** The next step asks the running agent: a second one with the same identity would look like a copied disk. */
async function doorOpens(agent: ChildProcess, state: string): Promise<void> {
  const gone = once(agent, "exit").then(() => true);
  for (;;) {
    if ((await readStatus({ state })).running) return;
    if (await Promise.race([gone, wait(LOOK_MS, false)])) throw new Complaint("the agent of this machine ended at once; it says why above");
  }
}

async function enrolHere(data: string, state: string): Promise<void> {
  const org = new OrgClient({ data });
  const apps = await org.list<AppView>("/api/v1/apps?limit=200");
  const app = apps.find((one) => one.label === APP) ?? (await org.send<AppView>("POST", "/api/v1/apps", { label: APP }));
  const { code } = await org.send<{ code?: string }>("POST", "/api/v1/host-codes", { app: app.id });
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const done = await enrolHost({ code: code ?? "", state });
  if (!done.ok) throw new Complaint(`this machine could not be enrolled: ${done.reason}`);
}

async function armHere(state: string): Promise<void> {
  const done = await arm({ state, force: false });
  if (!done.ok) throw new Complaint(`the agent could not be armed: ${done.findings.map((finding) => finding.cause).join(", ")}`);
}

/** What stands now, and the commands to copy: every step says the next one. */
function greeting(handle: ServerHandle, data: string): string[] {
  const own = data === "./data";
  const option = own ? "" : ` --data ${data}`;
  const socket = own ? "" : ` --socket ${relative(process.cwd(), join(data, "agent/agent.sock"))}`;
  return [
    "",
    `Sallyport runs at ${handle.url}. Leave this terminal open; Ctrl-C stops it, npm start goes on where it stood.`,
    "",
    `  done  the org, with its data in ${data}`,
    `  done  an agent on this machine: enrolled in the app ${APP}, armed`,
    "",
    "Next, in another terminal, in this folder (no root needed):",
    "",
    "  1. A person. Asks for a new password, shows a QR code for an authenticator app, asks the app's first code:",
    "",
    `       npx sallyport user add alice --password --assign ${APP} --totp${option}`,
    "",
    "  2. A logon with password and code:",
    "",
    `       npx sallyport logon alice${socket}`,
    "",
    "  3. If it is refused, the answer ends with a reference. It tells you the cause:",
    "",
    `       npx sallyport why REFERENCE${option}`,
    "",
    "Then in front of ssh and sudo (as root, on Debian): README.md, “In front of ssh”.",
    ...(handle.setUpLink
      ? ["", "The org's first administrator is made in a browser, once, within 30 minutes:", "", `       ${handle.setUpLink}`]
      : []),
    "",
  ];
}

async function stop(agent: ChildProcess): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  const gone = once(agent, "exit");
  agent.kill("SIGTERM");
  await gone;
}
