/** The stacks of docs/pam.md and of the package's profile pass; each way to spoil one is found, by file and line. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Diagnosis } from "@sallyport/contracts";
import { agentAt, causes, look, machineAt, rootWith, told } from "../machine.fixture.ts";
import { pamChecks } from "./checks.ts";

const HOUSE = join(import.meta.dirname, "../../../../../..");
const PAGE = readFileSync(join(HOUSE, "docs/pam.md"), "utf8");
/** A stack as docs/pam.md prints it. */
const documented = (name: string) => new RegExp(`<!-- stack: ${name} -->\n\`\`\`\n([^\`]*)\`\`\``).exec(PAGE)?.[1] ?? "";
const ASKING = documented("asking");
const XRDP = documented("xrdp-sesman");

/** What `pam-auth-update --enable sallyport sallyport-failed` of Debian 12 makes of packaging/agent/pam-configs.*. */
const PROFILE = {
  "etc/pam.d/common-auth": `auth [success=2 default=ignore] pam_unix.so nullok
auth [default=ignore] pam_sallyport.so failed
auth requisite pam_deny.so
auth required pam_permit.so
auth [success=1 default=ignore] pam_succeed_if.so quiet uid eq 0 service in login tty =~ tty*
auth required pam_sallyport.so
auth optional pam_cap.so
`,
  "etc/pam.d/common-account": `account [success=3 default=ignore] pam_succeed_if.so quiet service in cron:atd:systemd-user
account [default=ignore success=2] pam_succeed_if.so quiet uid eq 0 service in login tty =~ tty*
account [ignore=ignore success=1 default=ignore] pam_succeed_if.so quiet ruser = root service in su:su-l:sudo:sudo-i
account required pam_sallyport.so
account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so
account requisite pam_deny.so
account required pam_permit.so
`,
};
const DEBIAN = {
  "etc/pam.d/sshd": "@include common-auth\naccount    required     pam_nologin.so\n@include common-account\n",
  "etc/pam.d/sudo": "session    required   pam_limits.so\n@include common-auth\n@include common-account\n",
  "etc/pam.d/su": "auth       sufficient pam_rootok.so\n@include common-auth\n@include common-account\n",
  "etc/pam.d/login":
    "auth       optional   pam_faildelay.so  delay=3000000\nauth       requisite  pam_nologin.so\n@include common-auth\nauth       optional   pam_group.so\n@include common-account\n",
};
const MODULE = { "lib/x86_64-linux-gnu/security/pam_sallyport.so": "" };
const COMMANDS = { "usr/bin/sudo": "", "usr/bin/su": "" };
const SSHD_RUNS = { "proc/7/comm": "sshd\n", "proc/7/cmdline": "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups" };
const SSHD =
  "usepam yes\npasswordauthentication no\nkbdinteractiveauthentication yes\npubkeyauthentication yes\nauthenticationmethods any\n";

async function judge(files: Record<string, string>, sshd = SSHD): Promise<Diagnosis> {
  const root = rootWith({ ...MODULE, "etc/sudoers": "root ALL=(ALL:ALL) ALL\n", ...files });
  const agent = agentAt("/var/lib/sallyport");
  agent.files.socket = "/run/sallyport/agent.sock";
  return look(pamChecks(), { agent, machine: machineAt(root, { sshd: { code: 0, out: sshd, error: "" } }) });
}

const stack = (text: string, service = "sshd") => ({ [`etc/pam.d/${service}`]: text });

describe("what is right gives no finding", () => {
  for (const [name, files] of [
    ["the stack of docs/pam.md for sshd, sudo, su and login", { ...stack(ASKING), ...stack(ASKING, "sudo"), ...stack(ASKING, "login") }],
    ["the same for su, behind pam_rootok", stack(`auth sufficient pam_rootok.so\n${ASKING}`, "su")],
    ["the stack of docs/pam.md for xrdp", stack(XRDP, "xrdp-sesman")],
    ["the package's profile in Debian's own files", { ...PROFILE, ...DEBIAN, ...COMMANDS, ...SSHD_RUNS }],
    [
      "a wrong password that ends at once",
      stack(ASKING.replace(/^auth \[success=2[^\n]*\n[^\n]*\n[^\n]*\n/, "auth requisite pam_unix.so\n")),
    ],
  ] as const) {
    test(name, async () => {
      const found = await judge(files);
      assert.ok(ASKING !== "" && XRDP !== "");
      assert.deepEqual([causes(found), causes(found, "candidate")], [[], []], told(found, "pam.order"));
      assert.deepEqual(causes(found, "ruled-out").sort(), ["pam.open-path", "pam.order", "provider.missing"]);
    });
  }
});

describe("S23: what stands before our line", () => {
  for (const [name, text, said] of [
    [
      "no pam_deny",
      ASKING.replace("auth requisite pam_deny.so\n", "").replace("success=2", "success=1"),
      /wrong password with a right code gets in.*sshd:3/,
    ],
    ["a sufficient line", `auth sufficient pam_unix.so\nauth required pam_sallyport.so\n`, /lets in before.*pam_unix.*sshd:1/],
    ["our line first", `auth required pam_sallyport.so\nauth required pam_unix.so\n`, /before the password is checked.*sshd:1/],
    [
      "pam_unix that goes on when the password was wrong",
      `auth required pam_unix.so\nauth required pam_sallyport.so\n`,
      /although the password was wrong.*sshd:2/,
    ],
    [
      "our line optional",
      ASKING.replace("auth required pam_sallyport.so\n", "auth optional pam_sallyport.so\nauth required pam_permit.so\n"),
      /does not count|lets in before/,
    ],
    [
      "our line sufficient",
      ASKING.replace("auth required pam_sallyport.so\n", "auth sufficient pam_sallyport.so\nauth required pam_permit.so\n"),
      /does not count.*sshd:4/,
    ],
    [
      "a jump too far",
      ASKING.replace("success=2", "success=3").replace(
        "auth required pam_sallyport.so",
        "auth required pam_sallyport.so\nauth required pam_permit.so",
      ),
      /lets in before.*sshd:5/,
    ],
    ["a jump too short", ASKING.replace("success=2", "success=1"), /nobody gets in.*sshd:3/],
    [
      "a known person let past",
      `auth [success=1 default=ignore] pam_succeed_if.so user ingroup nomfa\n${ASKING.replace("auth required pam_sallyport.so", "auth required pam_sallyport.so\nauth required pam_permit.so")}`.replace(
        "success=1 default=ignore] pam_succeed",
        "success=4 default=ignore] pam_succeed",
      ),
      /lets in before/,
    ],
    ["a fingerprint reader that is enough", `auth sufficient pam_fprintd.so\n${ASKING}`, /lets in before.*pam_fprintd.*sshd:1/],
  ] as const) {
    test(name, async () => {
      const found = await judge(stack(text));
      assert.ok(causes(found).includes("pam.order"), told(found, "pam.order"));
      assert.match(told(found, "pam.order"), said);
    });
  }

  test("sufficient in an included file, named by that file; a substack that refuses goes on to our line", async () => {
    const own = (how: string) => ({
      ...stack(`auth ${how} people\nauth required pam_sallyport.so\naccount required pam_sallyport.so\n`),
      "etc/pam.d/people": "auth sufficient pam_unix.so\nauth requisite pam_deny.so\n",
    });
    const included = await judge(own("include"));
    assert.match(told(included, "pam.order"), /lets in before.*pam_unix.*\/etc\/pam.d\/people:1/);
    const apart = await judge(own("substack"));
    assert.match(told(apart, "pam.order"), /although the password was wrong.*sshd:2/);
  });

  test("pam_faillock around the password is no stranger: what it lets past our line is sure", async () => {
    const faillock = `auth required pam_faillock.so preauth
auth [success=1 default=ignore] pam_unix.so
auth [default=die] pam_faillock.so authfail
`;
    const ours = "auth required pam_sallyport.so\naccount required pam_sallyport.so\n";
    assert.deepEqual(causes(await judge(stack(faillock + ours))), []);
    const found = await judge(stack(`${faillock}auth sufficient pam_faillock.so authsucc\n${ours}`));
    assert.match(told(found, "pam.order"), /lets in before.*authsucc.*sshd:4/);
  });

  test("a module of which nobody knows what it checks decides nothing", async () => {
    const found = await judge(
      stack("auth requisite pam_corporate.so\nauth required pam_sallyport.so\naccount required pam_sallyport.so\n", "sudo"),
    );
    assert.deepEqual([causes(found), causes(found, "candidate")], [[], ["pam.order"]]);
  });

  test("no password at all is right where sshd asks for a key first, and only there", async () => {
    const only = "auth required pam_sallyport.so\naccount required pam_sallyport.so\n";
    const first = SSHD.replace("methods any", "methods publickey,keyboard-interactive:pam");
    assert.deepEqual(causes(await judge({ ...stack(only), ...SSHD_RUNS }, first)), []);
    assert.deepEqual(causes(await judge({ ...stack(only), ...SSHD_RUNS })), ["pam.order"]);
  });
});

describe("S23: ways past the auth lines", () => {
  const noAccount = ASKING.replace("account required pam_sallyport.so\n", "");

  test("a key alone is open without the account line, and closed by it", async () => {
    const open = await judge({ ...stack(noAccount), ...SSHD_RUNS });
    assert.deepEqual(causes(open), ["pam.open-path"]);
    assert.match(told(open, "pam.open-path"), /no account line.*\n.*publickey alone/);
    assert.deepEqual(causes(await judge({ ...stack(ASKING), ...SSHD_RUNS })), []);
  });

  test("without the account line, and no other way seen, nothing is claimed", async () => {
    const both = SSHD.replace("methods any", "methods publickey,keyboard-interactive:pam");
    const found = await judge({ ...stack(noAccount), ...SSHD_RUNS }, both);
    assert.deepEqual([causes(found), causes(found, "candidate")], [[], ["pam.open-path"]]);
  });

  test("an account line that is not reached does not close anything", async () => {
    const found = await judge({ ...stack(ASKING.replace("account required pam_unix.so", "account sufficient pam_unix.so")), ...SSHD_RUNS });
    assert.match(told(found, "pam.open-path"), /is not reached: account sufficient pam_unix.so \(\/etc\/pam.d\/sshd:5\)/);
  });

  test("the account lines of `other` count for a service without its own", async () => {
    const other = { "etc/pam.d/other": "account required pam_sallyport.so\n" };
    const bare = noAccount.replace("account required pam_unix.so\n", "");
    assert.deepEqual(causes(await judge({ ...stack(bare), ...SSHD_RUNS, ...other })), []);
  });

  test("an account line behind Debian's, which end at an expired password, is open for sudo by NOPASSWD alone", async () => {
    const debian = PROFILE["etc/pam.d/common-account"].replace(/^.*(succeed_if|sallyport).*\n/gm, "");
    const line = "account required pam_sallyport.so\n";
    const both = (account: string) => ({
      ...stack(noAccount.replace("account required pam_unix.so\n", account), "sudo"),
      ...stack(noAccount.replace("account required pam_unix.so\n", account)),
      ...SSHD_RUNS,
      "etc/pam.d/common-account": debian,
      "etc/sudoers": "alice ALL=(ALL) NOPASSWD: ALL\n",
    });
    const behind = await judge(both(`@include common-account\n${line}`));
    assert.match(
      told(behind, "pam.open-path"),
      /^sudo: .*password has expired.*common-account:1\)\nsudoers: .*NOPASSWD: ALL \(\/etc\/sudoers:1\)$/,
    );
    assert.deepEqual(causes(await judge(both(`${line}@include common-account\n`))), []);
  });

  test("PasswordAuthentication and UsePAM", async () => {
    const spoil = (from: string, to: string) => judge({ ...stack(ASKING), ...SSHD_RUNS }, SSHD.replace(from, to));
    assert.match(
      told(await spoil("passwordauthentication no", "passwordauthentication yes"), "pam.open-path"),
      /PasswordAuthentication: yes/,
    );
    assert.match(told(await spoil("usepam yes", "usepam no"), "pam.open-path"), /UsePAM: no/);
  });

  test("NOPASSWD is open without the account line, by file and line; in a comment it is nothing", async () => {
    const rules = (text: string) => ({
      ...stack(noAccount, "sudo"),
      "etc/sudoers": "root ALL=(ALL) ALL\n@includedir /etc/sudoers.d\n",
      "etc/sudoers.d/web": text,
    });
    const open = await judge(rules("# web\nalice ALL=(ALL) \\\n  NOPASSWD: ALL\n"));
    assert.match(told(open, "pam.open-path"), /NOPASSWD: ALL \(\/etc\/sudoers.d\/web:2\)/);
    assert.deepEqual(causes(await judge(rules("# alice ALL=(ALL) NOPASSWD: ALL\n"))), []);
    const closed = await judge({ ...rules("alice ALL=(ALL) NOPASSWD: ALL\n"), ...stack(ASKING, "sudo") });
    assert.deepEqual(causes(closed), []);
  });

  test("an sshd that systemd starts for each connection is asked as well", async () => {
    const root = rootWith({ ...MODULE, ...stack(noAccount), "run/systemd/system/x": "" });
    const judged = (active: string) => {
      const commands = { sshd: { code: 0, out: SSHD, error: "" }, systemctl: { code: 0, out: `${active}\ninactive\n`, error: "" } };
      return look(pamChecks(), { agent: agentAt("/var/lib/sallyport"), machine: machineAt(root, commands) });
    };
    assert.ok(causes(await judged("active")).includes("pam.open-path"));
    assert.ok(!causes(await judged("inactive")).includes("pam.open-path"));
  });

  test("where sshd does not tell, that is said, and nobody says healthy", async () => {
    const root = rootWith({ ...MODULE, ...stack(ASKING), ...SSHD_RUNS });
    const agent = agentAt("/var/lib/sallyport");
    const sshd = { code: 1, out: "", error: "sshd: no hostkeys available -- exiting.\n" };
    const found = await look(pamChecks(), { agent, machine: machineAt(root, { sshd }) });
    assert.equal(found.healthy, false);
    assert.ok(found.notLookedAt.some(({ why }) => why.includes("no hostkeys available")));
  });

  test("a machine without sshd and sudo has no finding of theirs", async () => {
    const found = await judge(stack(ASKING, "login"));
    assert.deepEqual([causes(found), found.notLookedAt], [[], []]);
  });
});

describe("the lines themselves", () => {
  test("a mistyped argument, a module that is not there, another door: each by its cause", async () => {
    const argument = await judge(stack(ASKING.replace("auth required pam_sallyport.so", "auth required pam_sallyport.so timeout=fast")));
    assert.match(told(argument, "config.invalid"), /timeout=fast is no argument.*sshd:4/);
    const root = rootWith(stack(ASKING));
    const lost = await look(pamChecks(), { agent: agentAt("/x"), machine: machineAt(root) });
    assert.match(told(lost, "provider.missing"), /pam_sallyport.so is not there/);
    const door = await judge(stack(ASKING.replace("auth required pam_sallyport.so", "auth required pam_sallyport.so socket=/run/other")));
    assert.match(told(door, "agent.unreachable"), /\/run\/other, the agent listens at \/run\/sallyport\/agent.sock/);
  });

  test("a file that is included and not there, a control that is none", async () => {
    assert.match(told(await judge(stack(`@include nowhere\n${ASKING}`)), "config.invalid"), /nowhere, which is not there.*sshd:1/);
    assert.match(told(await judge(stack(`auth requird pam_env.so\n${ASKING}`)), "config.invalid"), /requird is no control.*sshd:1/);
  });

  test("what an editor left behind is no service", async () => {
    const open = "auth sufficient pam_unix.so\nauth required pam_sallyport.so\n";
    const found = await judge({ ...stack(ASKING), ...stack(open, "sshd.bak"), ...stack(open, "sshd~"), ...stack(open, "sshd.dpkg-old") });
    assert.deepEqual(causes(found), []);
  });

  test("no file names the module; sshd runs without it; su without it is the administrator's choice, and said", async () => {
    assert.match(
      told(
        await judge({ "etc/pam.d/sshd": "@include common-auth\n", "etc/pam.d/common-auth": "auth required pam_unix.so\n" }),
        "provider.missing",
      ),
      /nobody is asked/,
    );
    const remote = await judge({ ...stack(ASKING, "sudo"), ...SSHD_RUNS, ...stack("auth required pam_unix.so\n") });
    assert.match(told(remote, "provider.missing"), /sshd \(sshd runs\) does not ask/);
    const local = await judge({ ...stack(ASKING), ...stack("auth required pam_unix.so\n", "su"), ...COMMANDS });
    assert.deepEqual(causes(local), []);
    assert.ok(local.notLookedAt.some(({ what }) => what === "not covered: su"));
  });
});
