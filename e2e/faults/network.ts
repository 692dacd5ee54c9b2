/** Faults between the machine and the org: name, way, proxy, certificates, and who answers in the org's place. */
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Certificate, makeCertificate } from "../machine/certificates.ts";
import { ORG_NAME, Org } from "../machine/org.ts";
import { must } from "../machine/processes.ts";
import type { Brought, Fault } from "./fault.ts";
import { forwardProxy, httpFront, httpsFront, PROXY_PORT, pointed, tlsFront } from "./fronts.ts";
import { SETTINGS, skewed, type World } from "./world.ts";

type Bring = (world: World) => Promise<Brought>;
type Row = [name: string, root: Fault["root"], fix: Fault["fix"], bring: Bring, more?: Partial<Fault>];

const HOSTS = "/etc/hosts";
const DAY = 86_400;

/** The agent is started anew, or it would go on over connections that it already has. */
async function changed(world: World, ...undo: (() => unknown)[]): Promise<Brought> {
  await world.restart();
  return {
    repair: async () => {
      for (const step of undo) await step();
      await world.restart();
    },
  };
}

/** The org's name leads elsewhere. */
const named =
  (change: (hosts: string) => string): Bring =>
  (world) =>
    changed(world, world.edit(HOSTS, change));

const fronted =
  (front: (world: World) => Promise<() => Promise<void>>): Bring =>
  async (world) => {
    const end = await front(world);
    return changed(
      world,
      world.edit(HOSTS, (hosts) => pointed(hosts)),
      end,
    );
  };

const firewall =
  (rule: string): Bring =>
  async (world) => {
    must("nft", [
      `add table inet story; add chain inet story out { type filter hook output priority 0; }; add rule inet story out ${rule}`,
    ]);
    return changed(world, () => must("nft", ["delete table inet story"]));
  };

const proxied =
  (refuse?: string): Bring =>
  async (world) => {
    const end = refuse === undefined ? () => undefined : await forwardProxy(refuse);
    return changed(
      world,
      world.edit(SETTINGS, (text) => text.replace("{", `{ "proxy": "http://127.0.0.1:${PROXY_PORT}",`)),
      end,
    );
  };

/** The org was set up anew, or another one stands behind the same name: its own data and keys, the same certificate. */
async function anotherOrg(world: World): Promise<Brought> {
  const other = new Org("/run/story/another-org");
  for (const file of ["chain.pem", "server.key"]) cpSync(join(world.org.folder, file), join(other.folder, file));
  await other.start({ address: "127.0.0.2" });
  return changed(
    world,
    world.edit(HOSTS, (hosts) => pointed(hosts)),
    () => other.stop(),
  );
}

/** Of the machine that runs the org; host and time server agree. */
async function orgClock(world: World): Promise<Brought> {
  await world.org.stop();
  await world.org.start({ env: skewed(300) });
  const { repair } = await changed(world, async () => {
    await world.org.stop();
    await world.org.start();
  });
  return {
    repair: async () => {
      await repair();
      // The policy that was signed in the future is kept as the newest until then: that is another matter, and ends with the enrolment.
      await world.enrolAnew();
    },
  };
}

const stopped: Bring = async (world) => {
  await world.org.stop();
  return { repair: () => world.org.start() };
};

/** Who signs in this matrix: the org's own authority, and a company's that opens TLS. */
function authorities({ org }: World): { root: Certificate; between: Certificate; folder: string } {
  const folder = join(org.folder, "fronts");
  mkdirSync(folder, { recursive: true });
  const pair = (name: string) => ({ pem: join(org.folder, `${name}.pem`), key: join(org.folder, `${name}.key`) });
  return { root: pair("ca"), between: pair("between"), folder };
}

/** A certificate of the org's own authority, made while openssl's clock was off by these days. */
const dated = (name: string, days: number): Bring =>
  fronted((world) => {
    const { root, between, folder } = authorities(world);
    const made = makeCertificate(folder, name, { subject: ORG_NAME, issuer: between, env: skewed(days * DAY) });
    return tlsFront(made, [between, root]);
  });

const otherName = fronted((world) => {
  const { root, between, folder } = authorities(world);
  return tlsFront(makeCertificate(folder, "name", { subject: "www.story.test", issuer: between }), [between, root]);
});

const selfSigned = fronted((world) => tlsFront(makeCertificate(authorities(world).folder, "self", { subject: ORG_NAME })));

const leafAlone = fronted((world) => tlsFront({ pem: join(world.org.folder, "server.pem"), key: join(world.org.folder, "server.key") }));

/** The company's authority is installed on the machine, as such proxies ask for. */
async function inspected(world: World): Promise<Brought> {
  const { folder } = authorities(world);
  const company = makeCertificate(folder, "company", { subject: "Company TLS inspection", authority: true });
  const made = makeCertificate(folder, "inspected", { subject: ORG_NAME, issuer: company });
  const end = await tlsFront(made, [company]);
  const installed = "/usr/local/share/ca-certificates/company.crt";
  must("cp", [company.pem, installed]);
  must("update-ca-certificates", []);
  const gone = () => {
    must("rm", [installed]);
    must("update-ca-certificates", ["--fresh"]);
  };
  return changed(
    world,
    world.edit(HOSTS, (hosts) => pointed(hosts)),
    end,
    gone,
  );
}

const old = fronted((world) =>
  tlsFront({ pem: join(world.org.folder, "chain.pem"), key: join(world.org.folder, "server.key") }, [], {
    minVersion: "TLSv1",
    maxVersion: "TLSv1.1",
    ciphers: "DEFAULT:@SECLEVEL=0",
  }),
);

const PAGE = "<!doctype html><html><head><title>Welcome to the guest network</title></head><body>Please sign in.</body></html>";

/** The org's own reverse proxy, with the org's certificate, answers by itself. */
const answers = (status: number, type: string, body: string, headers: Record<string, string> = {}): Bring =>
  fronted((world) => {
    const org = {
      pem: join(world.org.folder, "server.pem"),
      key: join(world.org.folder, "server.key"),
      chain: join(world.org.folder, "chain.pem"),
    };
    return httpsFront(org, (_request, response) => response.writeHead(status, { "content-type": type, ...headers }).end(body));
  });

const clock =
  (seconds: number): Bring =>
  async (world) => {
    world.env = skewed(seconds);
    const brought = await changed(world, () => {
      world.env = {};
    });
    // Such a machine lets people in, by the org's time.
    return { ...brought, another: true };
  };

const ROWS: Row[] = [
  [
    "the org's name is gone",
    "net.dns",
    "/etc/resolv.conf",
    named((hosts) => hosts.replace(/^.* mfa\.story\.test$/m, "")),
    { seen: ORG_NAME },
  ],
  ["the org's server is stopped", "net.refused", "sallyport serve", stopped, { seen: "8443" }],
  ["a firewall drops every packet to the org", "net.timeout", "open the firewall", firewall("tcp dport 8443 drop"), { seen: "8443" }],
  [
    "there is no route to the org's address",
    "net.unreachable",
    "ip route get",
    named((hosts) => pointed(hosts, "203.0.113.9")),
    { seen: "203.0.113.9" },
  ],
  [
    "the proxy wants a name and password",
    "net.proxy-auth",
    "proxy",
    proxied("407 Proxy Authentication Required"),
    { seen: String(PROXY_PORT) },
  ],
  ["the proxy refuses to connect to the org", "net.proxy-block", "proxy", proxied("403 Forbidden"), { seen: String(PROXY_PORT) }],
  ["the proxy is not running", "net.refused", "proxy", proxied(), { seen: String(PROXY_PORT) }],
  ["the org's certificate has expired", "tls.expired", "Renew the certificate", dated("expired", -60)],
  ["the org's certificate is not valid yet", "tls.not-yet", "clock is right", dated("early", 10)],
  ["the certificate is for another name", "tls.name", "subject alternative name", otherName, { seen: "www.story.test" }],
  ["the org shows a self-signed certificate", "tls.untrusted", "full chain", selfSigned, { seen: /self.?signed/i }],
  [
    "the org leaves out the intermediate certificate",
    "tls.untrusted",
    "full chain into the org's certificate file",
    leafAlone,
    { seen: "intermediate" },
  ],
  [
    "a company's proxy opens TLS, its authority trusted here",
    "tls.inspected",
    "without inspection",
    inspected,
    { seen: "Company TLS inspection" },
  ],
  ["the server before the org offers TLS 1.1 at most", "tls.version", "TLS 1.2 and 1.3", old],
  [
    "a guest network's page answers in the org's place",
    "net.captive",
    "Sign in to the guest network",
    answers(200, "text/html", PAGE),
    { seen: "html" },
  ],
  ["the org answers 503", "http.server-error", "the org's own log", answers(503, "application/json", "{}"), { seen: "503" }],
  ["the proxy before the org answers 502 with a page", "http.server-error", "502", answers(502, "text/html", PAGE), { seen: "502" }],
  [
    "the org has had too many requests",
    "http.rate-limited",
    "Wait for the seconds",
    answers(429, "application/json", "{}", { "retry-after": "17" }),
  ],
  ["something else answers with other JSON", "http.unexpected", "/livez", answers(200, "application/json", '{"hello":"world"}')],
  [
    "nothing there speaks TLS",
    "url.wrong-org",
    "sallyport serve",
    fronted(() => httpFront((_request, response) => response.end("hello"), 8443)),
  ],
  ["another org answers under the org's name", "url.wrong-org", "sallyport serve", anotherOrg, { forms: ["host"] }],
  [
    "the org's clock is five minutes fast",
    "clock.org",
    "On the machine that runs the org",
    orgClock,
    { forms: ["host"], seen: "127.0.0.1" },
  ],
  ["the machine's clock is five minutes fast", "clock.host", "timedatectl set-ntp true", clock(300), { seen: /\b(299|300)/ }],
  ["the machine's clock is five minutes slow", "clock.host", "timedatectl set-ntp true", clock(-300), { seen: "slow" }],
  [
    "the machine's clock is 40 days fast, past the certificate's end",
    "clock.host",
    "timedatectl set-ntp true",
    clock(40 * DAY),
    { seen: "fast" },
  ],
  ["local time is taken for UTC", "clock.host", "set-timezone", clock(7200), { seen: /\+0?2(:00| h)/ }],
];

export const NETWORK: Fault[] = ROWS.map(([name, root, fix, bring, more]) => ({
  name,
  forms: ["logon", "host"],
  root,
  fix,
  bring,
  ...more,
}));
