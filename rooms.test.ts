/** Who may import whom, with the reason of each row: the table is the architecture, and it fails when it no longer describes the house. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import {
  closure,
  native,
  outsideComplaints,
  packageComplaints,
  production,
  roomComplaints,
  shapeComplaints,
  sourcesBelow,
  staleRows,
} from "./scripts/rooms.ts";

const ROOT = import.meta.dirname;

/** Packages that a package may import, and why not more. */
const PACKAGES: Record<string, { may: string[]; why: string }> = {
  contracts: { may: [], why: "what crosses a wire depends on nobody who sends it" },
  settings: { may: [], why: "reading a file strictly is the same for everybody" },
  logon: { may: ["contracts"], why: "a decision must be the same in server, agent and rehearsal: it knows neither" },
  doctor: { may: ["contracts", "settings"], why: "it explains what others decided, and starts none of them" },
  web: { may: ["contracts"], why: "what a browser loads knows the wire and nothing of who decides" },
  server: { may: ["contracts", "logon", "web"], why: "the org never runs an agent's code" },
  agent: { may: ["contracts", "settings"], why: "what runs as root has a short, visible list; it never holds the org's code" },
  cli: { may: ["contracts", "settings", "doctor", "server", "agent"], why: "the command starts both; it decides nothing" },
};

/** Rooms inside server: from → rooms that it may import. `main.ts` alone wires, so it is not a room. */
const SERVER: Record<string, { may: string[]; why: string }> = {
  flows: {
    may: ["keys", "search"],
    why: "flows declare what they need of a store; they take keys by an interface, and import no implementation; how an expression is read is no secret of a store",
  },
  http: { may: ["flows", "keys", "limits", "passwords"], why: "routes call flows; they never touch the database" },
  search: { may: [], why: "reads and compares search expressions: pure, whatever the rows are" },
  store: { may: ["flows", "audit"], why: "implements the interfaces that flows declare" },
  audit: { may: ["flows"], why: "joins events that flows declare" },
  keys: { may: ["flows"], why: "keeps its keys through the store's interface" },
  limits: { may: ["flows", "http"], why: "counts callers at the HTTP edge" },
  directory: { may: ["flows"], why: "implements what flows ask of a directory; nobody else speaks LDAP" },
  sync: { may: ["flows", "directory"], why: "the process that reads and plans: what it needs of the org it asks the flows" },
  delivery: {
    may: ["flows", "keys"],
    why: "sends what flows put into the outbox, and opens it by the sealing key; nobody else writes to the world",
  },
  passwords: { may: ["flows"], why: "implements the password check that flows declare" },
};

/** Folders beside the packages: what of ours they may import, and why not more. */
const OUTSIDE: Record<string, { may: string[]; why: string }> = {
  demo: { may: [], why: "what brings a fault about must not know how it is found" },
  e2e: {
    may: ["contracts"],
    why: "a story sees the product as a person does: processes, files and wires; it may speak a wire by its schemas",
  },
  bench: { may: ["contracts"], why: "what is measured speaks the wire by its schemas, and calls no implementation" },
  "native/tests": { may: ["contracts", "settings"], why: "the C reader is held against the very schemas and reader of TypeScript" },
};

/** What a package's source must not hold, and why. */
const FORBIDDEN: { where: string; pattern: RegExp; why: string }[] = [
  { where: "packages/logon/src", pattern: /from "node:(?!crypto")/, why: "logon is pure: no file, no network" },
  {
    where: "packages/logon/src",
    pattern: /\bDate\.now\(|\bnew Date\(\)|Math\.random|performance\.now|\brandom(Bytes|Int|UUID|FillSync)\b|getRandomValues|generateKey/,
    why: "logon is clock-free and without randomness",
  },
  { where: "packages/contracts/src", pattern: /from "node:(?!crypto")|Date\.now\(|Math\.random/, why: "contracts have no behaviour" },
  {
    where: "packages/agent/src",
    pattern: /(?<![.\w])fetch\(/,
    why: "fetch fails under Wine; the agent speaks node:https with its own pins",
  },
  { where: "packages/agent/src", pattern: /createRemoteJWKSet|from "undici"/, why: "these call fetch from inside" },
  { where: "packages", pattern: /\bimport\((?!")/, why: "an import that is put together at run time is seen by no table" },
  {
    where: "packages/server/src/flows",
    pattern: /from "kysely"|from "node:sqlite"|from "fastify"/,
    why: "flows know neither SQL nor HTTP",
  },
];

/** S26: a secret is compared by `timingSafeEqual` or looked up by its hash, never by `===`. */
const SECRET_COMPARED = /\b(mac|code|passCode|secret|stateToken|token|passCodeHash|signature)\s*[!=]==(?!\s*(?:undefined|null|""|"none"))/;

for (const where of ["packages/logon/src", "packages/server/src/flows", "packages/server/src/keys"]) {
  test(`S26: ${where} compares no secret with ===`, () => {
    const found = sourcesBelow(where).filter(({ file, text }) => !file.endsWith(".test.ts") && SECRET_COMPARED.test(text));
    assert.deepEqual(
      found.map(({ file }) => file),
      [],
    );
  });
}

test("S26: the check above finds a plain comparison, and the places that need one use timingSafeEqual", () => {
  for (const bad of ["if (mac === right)", "return given.code !== wanted", "secret === x"]) assert.match(bad, SECRET_COMPARED);
  for (const fine of ['password === "none"', "token === undefined", 'code === ""']) assert.doesNotMatch(fine, SECRET_COMPARED);
  const places = [
    "packages/logon/src/factors/totp.ts",
    "packages/server/src/flows/host-link/key-proof.ts",
    "packages/agent/src/same-text.ts",
  ];
  for (const file of places) assert.match(readFileSync(join(ROOT, file), "utf8"), /timingSafeEqual\(/, file);
});

for (const [name, { may, why }] of Object.entries(PACKAGES)) {
  test(`${name} imports only ${may.join(", ") || "nobody"}: ${why}`, () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "packages", name, "package.json"), "utf8"));
    const sources = sourcesBelow(`packages/${name}/src`);
    assert.ok(sources.some(production), `packages/${name}/src is empty`);
    assert.deepEqual(packageComplaints(name, sources, Object.keys(manifest.dependencies ?? {}), may), []);
  });
}

test("inside server, http → flows → logon, and everything else serves the flows", () => {
  for (const room of Object.keys(SERVER))
    assert.ok(existsSync(join(ROOT, "packages/server/src", room)), `the table names a room that is gone: ${room}`);
  const rooms = readdirSync(join(ROOT, "packages/server/src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of rooms) assert.ok(SERVER[name], `the room ${name} is not in the table`);
  const sources = sourcesBelow("packages/server/src");
  assert.deepEqual(roomComplaints(sources, SERVER, "packages/server/src"), []);
  const used = sources
    .filter(production)
    .flatMap(({ file, imports }) =>
      imports.map((target) =>
        [file, join(file, "..", target)].map((path) => relative("packages/server/src", path).split("/")[0]).join(" → "),
      ),
    );
  assert.deepEqual(staleRows(new Set(used), SERVER), []);
});

for (const [folder, { may, why }] of Object.entries(OUTSIDE)) {
  test(`${folder} imports ${may.join(", ") || "nothing"} of ours: ${why}`, () => {
    const sources = sourcesBelow(folder);
    assert.ok(sources.length > 0, `the table names a folder that is gone: ${folder}`);
    assert.deepEqual(outsideComplaints(sources, may), []);
    const used = new Set(sources.flatMap(({ imports }) => imports.map((target) => target.replace("@sallyport/", `${folder} → `))));
    assert.deepEqual(staleRows(used, { [folder]: { may } }), []);
  });
}

test("the floor of the measurements stands by itself, in 80 lines: it must not get slower or faster with us", () => {
  const [floor] = sourcesBelow("bench").filter(({ file }) => file === "bench/floor.ts");
  assert.ok(floor, "bench/floor.ts is gone");
  assert.deepEqual(
    floor.imports.filter((target) => !target.startsWith("node:")),
    [],
  );
  assert.ok(floor.text.split("\n").length <= 81);
});

test("nothing that the agent brings along is native or runs a script at its install: it becomes one file, and runs as root", () => {
  const { packages: lock } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  const entries = closure(lock, "packages/agent");
  assert.ok(entries.has("packages/settings") && entries.has("node_modules/jose"), "the lock is not read as it is written");
  assert.deepEqual(native(entries), []);
});

for (const { where, pattern, why } of FORBIDDEN) {
  test(`${where} holds no ${pattern}: ${why}`, () => {
    const sources = sourcesBelow(where).filter(production);
    assert.ok(sources.length > 0, `${where} is gone`);
    assert.deepEqual(
      sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file),
      [],
    );
  });
}

const packages = readdirSync(join(ROOT, "packages"));

test("every package is in the table, and the other way round", () => {
  assert.deepEqual(packages.sort(), Object.keys(PACKAGES).sort());
});

test("all packages have the project's one version", () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  for (const name of packages)
    assert.equal(JSON.parse(readFileSync(join(ROOT, "packages", name, "package.json"), "utf8")).version, version, name);
  assert.match(readFileSync(join(ROOT, "packages/cli/src/version.ts"), "utf8"), new RegExp(`VERSION = "${version}"`));
});

test("every source file says in its first line what it is, and stays a small room", () => {
  const folders = ["packages", "bin", "scripts", "demo", "e2e", "bench", "native"].flatMap(sourcesBelow);
  assert.deepEqual(shapeComplaints(folders), []);
});

test("every package says what it is, what to read first and what it may import", () => {
  for (const name of packages) {
    const text = readFileSync(join(ROOT, "packages", name, "README.md"), "utf8");
    assert.ok(text.split("\n").length <= 40, name);
    assert.match(text, /Read in this order/i, name);
  }
});

test("each forbidden pattern finds its example", () => {
  const examples = [
    'from "node:fs"',
    "Date.now()",
    "Math.random()",
    "fetch(url)",
    "createRemoteJWKSet(url)",
    "await import(name)",
    'from "kysely"',
  ];
  assert.equal(examples.length, FORBIDDEN.length);
  for (const [index, { pattern }] of FORBIDDEN.entries()) assert.match(examples[index] ?? "", pattern);
});
