/** The S23 matrix for PAM as one table: service × path, what the session must say and which cause `why` must name. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { giveKey, sftpWithKey, ssh, sshWithKey, su, sudo } from "../machine/clients.ts";
import type { Machine } from "../machine/machine.ts";
import { codeOf, type Person } from "../machine/org.ts";
import type { Ran } from "../machine/processes.ts";

export interface Cell {
  service: "sshd" | "sudo" | "su";
  path: string;
  /** `in` if the session must run its command as the right user. */
  expect: "in" | "out";
  /** Cause in `why`; null: let in with nothing to say; `none`: the agent must not even have been asked. */
  cause: string | null | "none";
  run(machine: Machine, user: Person): Promise<Ran>;
  /** What the session prints when it is in: the user's own name unless the service changes who one is. */
  prints?: (user: Person) => string;
  /** False: the user never had a factor. */
  factor?: boolean;
  /** Changes the world for this cell only; answers how to put it back. */
  given?: (machine: Machine, user: Person) => Promise<() => Promise<void> | void> | (() => Promise<void> | void);
}

const WRONG = "000000";
const never = (code: string) => (code === WRONG ? "111111" : WRONG);

/** Every way in that asks: the same paths must behave alike on each. */
const ASKING: { service: Cell["service"]; enter: (user: Person, answers: string[]) => Promise<Ran>; prints?: Cell["prints"] }[] = [
  { service: "sshd", enter: (user, answers) => ssh(user.login, answers) },
  { service: "sudo", enter: (user, answers) => sudo(user.login, answers, { password: true }), prints: () => "root" },
  { service: "su", enter: (user, answers) => su("other", user.login, answers) },
];

function common({ service, enter, prints }: (typeof ASKING)[number]): Cell[] {
  const cell = (
    path: string,
    expect: Cell["expect"],
    cause: Cell["cause"],
    answers: (user: Person) => string[],
    given?: Cell["given"],
  ): Cell => ({
    service,
    path,
    expect,
    cause,
    run: (_machine, user) => enter(user, answers(user)),
    ...(prints ? { prints } : {}),
    ...(given ? { given } : {}),
  });
  const right = (user: Person) => [user.password, codeOf(user)];
  return [
    cell("right password, right code", "in", null, right),
    cell("right password, wrong code, three times", "out", "factor.code-wrong", (u) => [u.password, ...Array(3).fill(never(codeOf(u)))]),
    cell("right password, wrong code, then the right one", "in", null, (u) => [u.password, never(codeOf(u)), codeOf(u)]),
    cell("right password, no code", "out", "factor.code-malformed", (u) => [u.password, "", "", ""]),
    cell("right password, the password again instead of a code", "out", "factor.code-malformed", (u) => [
      u.password,
      u.password,
      u.password,
      u.password,
    ]),
    cell("wrong password", "out", "user.password", (u) => ["not-it", codeOf(u)]),
    cell("empty password", "out", "user.password", (u) => ["", codeOf(u)]),
    cell("suspended user", "out", "user.suspended", right, async (machine, user) => {
      await machine.org.call("POST", `/api/v1/users/${user.id}/lifecycle/suspend`);
      return async () => void (await machine.org.call("POST", `/api/v1/users/${user.id}/lifecycle/unsuspend`));
    }),
    cell("not assigned to the app", "out", "app.not-assigned", right, async (machine, user) => {
      await machine.org.call("DELETE", `/api/v1/apps/${machine.app}/users/${user.id}`);
      return async () => void (await machine.org.call("POST", `/api/v1/apps/${machine.app}/users`, { id: user.id }));
    }),
    { ...cell("no factor", "out", "factor.none", (u) => [u.password, "123456"]), factor: false },
    cell(
      "factor taken away by an administrator: still one, so no new one is enrolled by the way",
      "out",
      "factor.locked",
      right,
      async (machine, user) => {
        await machine.org.call("DELETE", `/api/v1/users/${user.id}/factors/${user.factor}`);
        return () => {};
      },
    ),
    cell("policy denies", "out", "policy.denies", right, (machine, user) =>
      withPolicy(machine, { rules: [{ name: "Nobody today", if: { users: [user.login] }, then: "deny" }] }),
    ),
    cell(
      "policy lets in without a factor",
      "in",
      "policy.no-mfa",
      (u) => [u.password],
      (machine, user) => withPolicy(machine, { rules: [{ name: "Trusted", if: { users: [user.login] }, then: "allow" }] }),
    ),
    {
      ...cell("a code that was used, once more", "out", "factor.code-used", right),
      run: async (_machine, user) => {
        const code = codeOf(user);
        const first = await enter(user, [user.password, code]);
        if (first.code !== 0) return { code: 0, out: `${user.login}: the first time was refused: ${first.out}` };
        return enter(user, [user.password, code, code, code]);
      },
    },
    // A fail mode never opens an elevation, and agent-gone never opens a remote logon: of these three only ssh with the org away is let in.
    service === "sshd"
      ? cell("org gone, fail mode org-unreachable open", "in", "logon.fail-open", right, withoutOrg({ orgUnreachable: "allow" }))
      : cell("org gone, fail mode org-unreachable open", "out", "net.refused", right, withoutOrg({ orgUnreachable: "allow" })),
    cell("org answers 503", "out", "http.server-error", right, withErrors({ orgError: "refuse", orgUnreachable: "allow" })),
    service === "sshd"
      ? cell("org answers 503, fail mode org-error open", "in", "logon.fail-open", right, withErrors({ orgError: "allow" }))
      : cell("org answers 503, fail mode org-error open", "out", "http.server-error", right, withErrors({ orgError: "allow" })),
    cell("agent gone, fail mode agent-gone open", "out", "agent.unreachable", right, async (machine) => {
      const close = await withFailModes(machine, { agentGone: "allow" });
      await machine.stopAgent();
      return async () => {
        await machine.startAgent();
        await close();
      };
    }),
    cell("agent gone", "out", "agent.unreachable", right, async (machine) => {
      await machine.stopAgent();
      return () => machine.startAgent();
    }),
    cell("agent killed, its socket left behind", "out", "agent.unreachable", right, async (machine) => {
      await machine.stopAgent("SIGKILL");
      return () => machine.startAgent();
    }),
    cell("org gone", "out", "net.refused", right, async (machine) => {
      await machine.org.stop();
      return () => machine.org.start();
    }),
    cell("agent's settings gone after a restart", "out", "agent.unreachable", right, async (machine) => {
      await machine.stopAgent();
      renameSync("/etc/sallyport/agent.json", "/etc/sallyport/agent.json.away");
      await machine.startAgent().catch(() => {});
      return async () => {
        renameSync("/etc/sallyport/agent.json.away", "/etc/sallyport/agent.json");
        await machine.startAgent();
      };
    }),
    cell("an argument of the module mistyped", "out", "none", right, () =>
      withStack(service, (stack) => stack.replace(/(auth required \S+pam_sallyport\.so)\n/, "$1 sockt=/x\n")),
    ),
    cell(
      "asked before the password by a misplaced line: the account line still holds",
      "out",
      "pam.open-path",
      (u) => [u.password],
      () =>
        // The module's own line is lost to a `sufficient` in an include above it: only the account line is left.
        withStack(service, (stack) => `auth sufficient pam_unix.so nullok\n${stack}`),
    ),
  ];
}

async function withPolicy(machine: Machine, document: object): Promise<() => Promise<void>> {
  await machine.org.setPolicy(machine.app, document);
  return () => machine.org.setPolicy(machine.app, { rules: [] });
}

function withStack(service: string, change: (stack: string) => string): () => void {
  const file = `/etc/pam.d/${service}`;
  const before = readFileSync(file, "utf8");
  writeFileSync(file, change(before));
  return () => writeFileSync(file, before);
}

async function withFailModes(machine: Machine, failModes: object): Promise<() => Promise<void>> {
  await machine.org.setPolicy(machine.app, { rules: [], failModes });
  machine.refresh();
  return async () => {
    await machine.org.setPolicy(machine.app, { rules: [] });
    machine.refresh();
  };
}

function withoutOrg(failModes: object): Cell["given"] {
  return async (machine) => {
    const close = await withFailModes(machine, failModes);
    await machine.org.stop();
    return async () => {
      await machine.org.start();
      await close();
    };
  };
}

function withErrors(failModes: object): Cell["given"] {
  return async (machine) => {
    const close = await withFailModes(machine, failModes);
    const restore = await machine.org.replaceByErrors();
    return async () => {
      await restore();
      await close();
    };
  };
}

/** The host takes a new policy at its self-check; arming makes one at once. */
async function withPermits(machine: Machine, permits: object[]): Promise<() => Promise<void>> {
  await machine.org.setPolicy(machine.app, { rules: [], permits });
  machine.refresh();
  return async () => {
    await machine.org.setPolicy(machine.app, { rules: [] });
    machine.refresh();
  };
}

const SPECIAL: Cell[] = [
  {
    service: "sshd",
    path: "public key alone",
    expect: "out",
    cause: "pam.open-path",
    run: (_machine, user) => sshWithKey(user.login, giveKey(user.login)),
  },
  {
    service: "sshd",
    path: "sftp with a public key alone",
    expect: "out",
    cause: "pam.open-path",
    run: (_machine, user) => sftpWithKey(user.login, giveKey(user.login)),
  },
  {
    service: "sshd",
    path: "public key, permitted by policy",
    expect: "in",
    cause: "policy.no-mfa",
    given: (machine) => withPermits(machine, [{ service: "sshd", method: "none" }]),
    run: (_machine, user) => sshWithKey(user.login, giveKey(user.login)),
  },
  {
    service: "sshd",
    path: "public key, permitted for somebody else",
    expect: "out",
    cause: "pam.open-path",
    given: (machine) => withPermits(machine, [{ service: "sshd", method: "none", users: ["somebody"] }]),
    run: (_machine, user) => sshWithKey(user.login, giveKey(user.login)),
  },
  {
    service: "sshd",
    path: "account without a password, and no code",
    expect: "out",
    cause: "factor.code-malformed",
    given: (_machine, user) => {
      addAccountWithoutPassword(user.login);
      return () => {};
    },
    run: (_machine, user) => ssh(user.login, ["", "", "", ""], ["-o", "NumberOfPasswordPrompts=3"]),
  },
  {
    service: "sudo",
    path: "NOPASSWD",
    expect: "out",
    cause: "pam.open-path",
    run: (_machine, user) => sudo(user.login, [], { password: false }),
  },
  {
    service: "sudo",
    path: "NOPASSWD, permitted by policy",
    expect: "in",
    cause: "policy.no-mfa",
    prints: () => "root",
    given: (machine) => withPermits(machine, [{ service: "sudo", method: "none" }]),
    run: (_machine, user) => sudo(user.login, [], { password: false }),
  },
  {
    service: "su",
    path: "from root, as every machine's own scripts do",
    expect: "in",
    cause: "policy.no-mfa",
    run: (_machine, user) => su("root", user.login, []),
  },
  {
    service: "su",
    path: "from root, where policy permits nothing",
    expect: "out",
    cause: "pam.open-path",
    given: (machine) => withPermits(machine, [{ service: "sshd", method: "none" }]),
    run: (_machine, user) => su("root", user.login, []),
  },
  {
    service: "su",
    path: "wrong code as one user, then right as another on the same machine",
    expect: "in",
    cause: null,
    run: async (machine, user) => {
      const first = await su("other", "victim", [machine.person("victim").password, WRONG, WRONG, WRONG]);
      if (first.code === 0) return { code: 1, out: "the wrong code let in" };
      return su("other", user.login, [user.password, codeOf(user)]);
    },
  },
];

function addAccountWithoutPassword(login: string): void {
  const shadow = readFileSync("/etc/shadow", "utf8");
  writeFileSync("/etc/shadow", shadow.replace(new RegExp(`^${login}:[^:]*:`, "m"), `${login}::`));
}

export const CELLS: Cell[] = [...ASKING.flatMap(common), ...SPECIAL];
