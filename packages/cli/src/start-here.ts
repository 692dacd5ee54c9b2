/** What `sallyport start` adds to the org: an app for this machine, an enrolled and armed agent, and the lines that lead to a first logon. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { arm, enrolHost } from "@sallyport/agent";
import type { AppView } from "@sallyport/contracts";
import type { ServerHandle } from "@sallyport/server";
import { Complaint } from "./complaint.ts";
import { OrgClient } from "./org-client.ts";

const APP = "this-machine";

export async function startHere(handle: ServerHandle, data: string): Promise<{ stop: () => Promise<void> }> {
  const state = join(data, "agent");
  const first = !existsSync(join(state, "agent.json"));
  if (first) await enrolHere(data, state);
  // The same program again, whether it runs from source or as a bundle.
  const agent = spawn(process.execPath, [process.argv[1] ?? "", "agent", "run", "--state", state], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (first) await armHere(state);
  greet(handle, data, state);
  return { stop: () => stop(agent) };
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

function greet(handle: ServerHandle, data: string, state: string): void {
  const socket = relative(process.cwd(), join(state, "agent.sock"));
  const option = data === "./data" ? "" : ` --data ${data}`;
  const lines = [
    "",
    `  Sallyport is running at ${handle.url}   (stop with Ctrl-C)`,
    "",
    ...(handle.setUpLink ? ["  Make the first administrator (good for 30 minutes, once):", `    ${handle.setUpLink}`, ""] : []),
    "  A first logon on this machine, in another terminal:",
    `    npx sallyport user add alice --password-stdin${option}      (type a pass phrase, then Ctrl-D)`,
    `    npx sallyport factor enrol alice totp${option}              (scan the code with an authenticator app)`,
    `    npx sallyport assign ${APP} alice${option} && npx sallyport logon alice --socket ${socket}`,
    "",
    "  Refused? The answer ends with a reference:  npx sallyport why REFERENCE",
    "",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function stop(agent: ChildProcess): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  const gone = once(agent, "exit");
  agent.kill("SIGTERM");
  await gone;
}
