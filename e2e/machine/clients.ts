/** The real clients of a story: ssh, sudo, su, driven as a person would. */
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { Daemon, must, type Ran, run, until } from "./processes.ts";

export const SSH_PORT = 2222;
export const SSHD_SETTINGS = "/run/sshd-story/config";

/** The real sshd with PAM, on loopback. Extra lines go into its configuration. */
export async function startSshd(extra: string[] = []): Promise<Daemon> {
  mkdirSync("/run/sshd-story", { recursive: true, mode: 0o700 });
  must("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "/run/sshd-story/host_key"]);
  const config = [
    `Port ${SSH_PORT}`,
    "ListenAddress 127.0.0.1",
    "HostKey /run/sshd-story/host_key",
    "PidFile none",
    "UsePAM yes",
    "UseDNS no",
    "KbdInteractiveAuthentication yes",
    "PasswordAuthentication no",
    "PubkeyAuthentication yes",
    "PermitRootLogin no",
    "AuthorizedKeysFile /run/homes/%u/.ssh/authorized_keys",
    "StrictModes no",
    "MaxAuthTries 6",
    "LogLevel VERBOSE",
    ...extra,
    "Subsystem sftp internal-sftp",
  ];
  writeFileSync(SSHD_SETTINGS, `${config.join("\n")}\n`);
  return runSshd();
}

/** With the settings as they are now. */
export async function runSshd(): Promise<Daemon> {
  const sshd = new Daemon("/usr/sbin/sshd", ["-D", "-e", "-f", SSHD_SETTINGS], "/run/sshd-story/log");
  await sshd.said(/Server listening/);
  return sshd;
}

const SSH_OPTIONS = [
  "-p",
  String(SSH_PORT),
  "-o",
  "StrictHostKeyChecking=no",
  "-o",
  "UserKnownHostsFile=/dev/null",
  "-o",
  "LogLevel=ERROR",
  "-o",
  "NumberOfPasswordPrompts=1",
  "-o",
  "ConnectTimeout=10",
];

/** Answers in the order of the prompts; the helper writes down what it was asked. */
function askpass(answers: string[]): Record<string, string> {
  const folder = `/run/askpass-${process.hrtime.bigint()}`;
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(`${folder}/answers`, `${answers.join("\n")}\n`);
  writeFileSync(`${folder}/ask`, `#!/bin/sh\necho "$1" >> ${folder}/prompts\nhead -n 1 ${folder}/answers\nsed -i 1d ${folder}/answers\n`, {
    mode: 0o700,
  });
  return { SSH_ASKPASS: `${folder}/ask`, SSH_ASKPASS_REQUIRE: "force", PROMPTS: `${folder}/prompts` };
}

/** ssh with keyboard-interactive: password, then whatever is asked. Runs `id -un` there. */
export async function ssh(user: string, answers: string[], options: string[] = []): Promise<Ran & { prompts: string }> {
  const env = askpass(answers);
  const args = ["ssh", ...SSH_OPTIONS, "-o", "PreferredAuthentications=keyboard-interactive", ...options, `${user}@127.0.0.1`, "id -un"];
  const done = await run("setsid", ["-w", ...args], { env });
  return { ...done, prompts: readOr(env["PROMPTS"] ?? "") };
}

/** The same with a person who reads: what to answer follows from what was asked. Half blocks come through, as in any terminal of today. */
export async function sshTalk(
  user: string,
  reply: (prompt: string) => string | Promise<string>,
  options: string[] = [],
): Promise<Ran & { prompts: string[] }> {
  const folder = `/run/askpass-${process.hrtime.bigint()}`;
  mkdirSync(folder, { mode: 0o700 });
  must("mkfifo", [`${folder}/asked`, `${folder}/answer`]);
  writeFileSync(`${folder}/ask`, `#!/bin/sh\nprintf '%s' "$1" > ${folder}/asked\ncat ${folder}/answer\n`, { mode: 0o700 });
  const env = { SSH_ASKPASS: `${folder}/ask`, SSH_ASKPASS_REQUIRE: "force", LC_ALL: "C.UTF-8" };
  const args = ["ssh", ...SSH_OPTIONS, "-o", "PreferredAuthentications=keyboard-interactive", ...options, `${user}@127.0.0.1`, "id -un"];
  const prompts: string[] = [];
  let over = false;
  const talk = async () => {
    for (;;) {
      const prompt = await readFile(`${folder}/asked`, "utf8");
      if (over) return;
      prompts.push(prompt);
      await writeFile(`${folder}/answer`, `${await reply(prompt)}\n`);
    }
  };
  const talking = talk();
  const done = await run("setsid", ["-w", ...args], { env, timeout: 120_000 });
  over = true;
  // Whoever waits for a question that never comes is woken up.
  closeSync(openSync(`${folder}/asked`, "r+"));
  await talking;
  return { ...done, prompts };
}

/** A key pair whose public half the user's account accepts. */
export function giveKey(user: string): string {
  const key = `/run/sshd-story/${user}_key`;
  must("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  mkdirSync(`/run/homes/${user}/.ssh`, { recursive: true });
  writeFileSync(`/run/homes/${user}/.ssh/authorized_keys`, readFileSync(`${key}.pub`));
  return key;
}

export function sshWithKey(user: string, key: string): Promise<Ran> {
  return run("setsid", [
    "-w",
    "ssh",
    ...SSH_OPTIONS,
    "-o",
    "BatchMode=yes",
    "-o",
    "PreferredAuthentications=publickey",
    "-i",
    key,
    `${user}@127.0.0.1`,
    "id -un",
  ]);
}

export function sftpWithKey(user: string, key: string): Promise<Ran> {
  const options = SSH_OPTIONS.map((option) => (option === "-p" ? "-P" : option));
  return run(
    "setsid",
    [
      "-w",
      "sftp",
      ...options,
      "-o",
      "BatchMode=yes",
      "-o",
      "PreferredAuthentications=publickey",
      "-i",
      key,
      "-b",
      "-",
      `${user}@127.0.0.1`,
    ],
    { input: "pwd\n" },
  );
}

/** sudo as this user: the answers go to standard input in the order of the prompts. */
export function sudo(user: string, answers: string[], sudoers: { password: boolean }): Promise<Ran> {
  letSudo(user, sudoers.password);
  return run("runuser", ["-u", user, "--", "sudo", "-S", "-k", "id", "-un"], { input: `${answers.join("\n")}\n` });
}

/** su from one user to another; `from` root needs no password, as ever. */
export function su(from: string, to: string, answers: string[]): Promise<Ran> {
  const command = ["su", to, "-c", "id -un"];
  const input = `${answers.join("\n")}\n`;
  return from === "root" ? run("su", command.slice(1), { input }) : run("runuser", ["-u", from, "--", ...command], { input });
}

function letSudo(user: string, withPassword: boolean): void {
  // One try, as the other services have: sudo would ask for the password anew after each refusal.
  writeFileSync(`/etc/sudoers.d/story-${user}`, `Defaults passwd_tries=1\n${user} ALL=(ALL) ${withPassword ? "" : "NOPASSWD: "}ALL\n`, {
    mode: 0o440,
  });
}

function readOr(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

export { until };
