/** What the stories with our real agent stand on: an org over TLS, a Windows machine enrolled and armed at it, people. */
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { codeOf, ORG_NAME, Org, type Person } from "../machine/org.ts";
import { COMMAND, must, until } from "../machine/processes.ts";
import { installedWindows } from "./installer.ts";
import { LogonScreen } from "./logon-screen.ts";
import type { Windows } from "./windows.ts";

/** What JSON, UTF-16 and a command line may trip over. */
export const PASSWORD = 'Grüße "\\ 😀 7';
export const ASKED = "Code from your app";

export interface Attempt {
  reference: string;
  result: string;
  cause?: string;
  evidence: any;
  service: string;
}

/** What Windows says of an account: its password, and an error of LogonUser to the right one. */
interface Account {
  password: string;
  sid?: string;
  groups?: string[];
  interactive?: number;
}

/** An org of its own for each file: those of this group are told one after the other on one machine. */
export async function startOrg(): Promise<Org> {
  mkdirSync("/run/story", { recursive: true, mode: 0o700 });
  appendFileSync("/etc/hosts", `127.0.0.1 ${ORG_NAME}\n`);
  const org = new Org(mkdtempSync("/run/story/org-"));
  await org.start();
  return org;
}

export class WindowsStory {
  readonly org: Org;
  readonly windows: Windows;
  readonly app: string;
  /** Of the machine, as a service of ours that a story scripts has them; Wine itself says yes to any name and password. */
  readonly accounts: Record<string, Account> = {};

  private constructor(org: Org, windows: Windows, app: string) {
    this.org = org;
    this.windows = windows;
    this.app = app;
  }

  /** @param service With a service of the story Windows says of passwords what `account` set. */
  static async begin(service?: "story-relay.exe"): Promise<WindowsStory> {
    const began = performance.now();
    const org = await startOrg();
    const app = (await org.call("POST", "/api/v1/apps", { label: "servers" })).id;
    const windows = await installedWindows(service);
    const { code } = await org.call("POST", "/api/v1/host-codes", { app, name: "win01" });
    assert.equal((await windows.agent("enrol", `${code}\r\n`)).host.name, "win01");
    await windows.startService();
    const story = new WindowsStory(org, windows, app);
    await story.arm();
    console.log(`Windows is ready after ${Math.round((performance.now() - began) / 1000)} s`);
    return story;
  }

  /** Also fetches the org's policy anew. */
  async arm(): Promise<void> {
    assert.deepEqual(await this.windows.agent("arm"), { ok: true, findings: [], blocking: [] });
  }

  async end(): Promise<void> {
    await this.windows.end();
    await this.org.stop();
  }

  async person(login: string, withFactor = true): Promise<Person> {
    const made = await this.org.person(login, `Pw-${login}-1`, withFactor);
    await this.org.call("POST", `/api/v1/apps/${this.app}/users`, { id: made.id });
    this.account(login);
    return made;
  }

  /** Known to Windows from now on, with the password of all. */
  account(login: string, more: Partial<Account> = {}): void {
    const domain = hostname().toUpperCase().slice(0, 15);
    const sid = `S-1-5-21-1-2-3-${1100 + Object.keys(this.accounts).length}`;
    this.accounts[`${domain}/${login}`] = { password: PASSWORD, sid, groups: ["S-1-5-32-545"], ...more };
    writeFileSync(this.windows.path("C:\\machine.json"), JSON.stringify({ accounts: this.accounts }));
  }

  /** The agent's records of finished attempts of one user, oldest first. */
  attempts(login: string): Attempt[] {
    const lines = readFileSync(this.windows.data("agent.log"), "utf8").trim().split("\n");
    return lines.map((line) => JSON.parse(line)).filter(({ event, username }) => event === "logon" && username === login);
  }

  /** What an administrator reads on the org, when it knows of the logon: the person does not wait for the agent's report. */
  async why(reference: string): Promise<{ cause: string | null; result: string | null }> {
    await until(`the org knows of ${reference}`, async () => (await this.org.records(reference)).length > 0);
    return this.command("why", reference);
  }

  /** A command of the org's own, on its machine. */
  command(...words: string[]): any {
    return JSON.parse(must(process.execPath, [COMMAND, ...words, "--data", this.org.data, "--json"]));
  }

  /** Name and password typed and submitted, up to the prompt for the code. */
  async openTo(login: string, options: string[] = [], asked = ASKED): Promise<LogonScreen> {
    const screen = await LogonScreen.open(this.windows, options);
    const answer = await screen.type("edit", login).type("password", PASSWORD).submit();
    assert.deepEqual([answer.response, screen.texts().at(-1)], ["not-finished", asked], answer.text);
    return screen;
  }
}

/** The reference as the person reads it. */
export function referenceIn(text: string): string {
  return /Reference: (\S+)$/.exec(text)?.[1] ?? assert.fail(`no reference: ${text}`);
}

/** A code that is right at no time near now. */
export function wrongCode(of: Person): string {
  const near = [-300, -30, 0, 30, 300].map((seconds) => codeOf(of, new Date(Date.now() + seconds * 1000)));
  return ["000000", "111111", "222222", "333333", "444444", "555555"].find((code) => !near.includes(code)) ?? assert.fail();
}

export const atPassword = (screen: LogonScreen) => screen.screen.filter(({ type }) => type === "password").map(({ label }) => label);
