/** Who may import whom, with the reason of each row: the table is the architecture, and it fails when it no longer describes the house. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { test } from "node:test";

const ROOT = import.meta.dirname;

/** Packages that a package may import, and why not more. */
const PACKAGES: Record<string, { may: string[]; why: string }> = {
  contracts: { may: [], why: "what crosses a wire depends on nobody who sends it" },
  settings: { may: [], why: "reading a file strictly is the same for everybody" },
  logon: { may: ["contracts"], why: "a decision must be the same in server, agent and rehearsal: it knows neither" },
  server: { may: ["contracts", "logon", "settings"], why: "the org never runs an agent's code" },
  agent: { may: ["contracts", "logon", "settings"], why: "what runs as root has a short, visible list; it never holds the org's code" },
  cli: { may: ["contracts", "settings", "server", "agent"], why: "the command starts both; it decides nothing" },
};

/** Rooms inside server: from → rooms that it may import. `main.ts` alone wires, so it is not a room. */
const SERVER: Record<string, { may: string[]; why: string }> = {
  flows: { may: ["keys"], why: "flows declare what they need of a store; they take keys by an interface, and import no implementation" },
  http: { may: ["flows", "keys", "limits", "passwords"], why: "routes call flows; they never touch the database" },
  store: { may: ["flows", "audit"], why: "implements the interfaces that flows declare" },
  audit: { may: ["flows"], why: "joins events that flows declare" },
  keys: { may: ["flows"], why: "keeps its keys through the store's interface" },
  limits: { may: ["flows", "http"], why: "counts callers at the HTTP edge" },
  passwords: { may: ["flows"], why: "implements the password check that flows declare" },
};

/** Folders beside the packages: what of ours they may import, and why not more. */
const OUTSIDE: Record<string, { may: string[]; why: string }> = {
  e2e: { may: [], why: "a story sees the product as a person does: processes, files and wires" },
  bench: { may: ["contracts"], why: "what is measured speaks the wire by its schemas, and calls no implementation" },
  "native/tests": { may: ["contracts", "settings"], why: "the C reader is held against the very schemas and reader of TypeScript" },
};

/** What a package's source must not hold, and why. */
const FORBIDDEN: { where: string; pattern: RegExp; why: string }[] = [
  { where: "packages/logon/src", pattern: /from "node:(?!crypto")/, why: "logon is pure: no file, no network" },
  {
    where: "packages/logon/src",
    pattern: /\bDate\.now\(|\bnew Date\(\)|Math\.random|randomBytes|randomUUID|getRandomValues/,
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
  const places = ["packages/logon/src/factors/totp.ts", "packages/server/src/flows/host-link/enrol.ts", "packages/agent/src/same-text.ts"];
  for (const file of places) assert.match(readFileSync(join(ROOT, file), "utf8"), /timingSafeEqual\(/, file);
});

/** Lines of a file: of the product, and of whatever tests it. */
const LONGEST = { product: 320, test: 400 };

interface Source {
  file: string;
  text: string;
  imports: string[];
}

function sourcesBelow(folder: string): Source[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name !== "node_modules" && name !== "dist" && name !== "build")
    .flatMap((name) => {
      const file = join(folder, name);
      if (statSync(join(ROOT, file)).isDirectory()) return sourcesBelow(file);
      if (!/\.(ts|js)$/.test(name)) return [];
      const text = readFileSync(join(ROOT, file), "utf8");
      return [{ file, text, imports: importsOf(text) }];
    });
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:^import |^export [^;]*?from |^} from |^import .* from |\bimport\()\s*"([^"]+)"/gm)].map(
    (match) => match[1] ?? "",
  );
}

/** Tests, and what only tests use. */
const RIG = /\.(test|contract|fixture)\.ts$|\/(test|doubles)\//;
const production = (source: Source) => !RIG.test(source.file) && /^(packages|bin|scripts)\//.test(source.file);

/** Complaints of one package's sources against its row. */
function packageComplaints(name: string, sources: Source[], declared: string[], may: string[]): string[] {
  return sources.filter(production).flatMap(({ file, imports }) =>
    imports.flatMap((target) => {
      if (target.startsWith(".")) {
        const inside = resolve("/", file, "..", target).startsWith(`/packages/${name}/`);
        if (!inside) return [`${file} reaches out of its package: ${target}`];
        return RIG.test(target) ? [`${file} is shipped, and imports what only tests use: ${target}`] : [];
      }
      if (target.startsWith("node:")) return [];
      const dependency = target
        .split("/")
        .slice(0, target.startsWith("@") ? 2 : 1)
        .join("/");
      if (dependency.startsWith("@sallyport/") && !may.includes(dependency.slice("@sallyport/".length)))
        return [`${file} may not import ${dependency}`];
      return declared.includes(dependency) ? [] : [`${file} imports ${dependency}, which its package.json does not declare`];
    }),
  );
}

function roomComplaints(sources: Source[], rooms: Record<string, { may: string[] }>, base: string): string[] {
  return sources.filter(production).flatMap(({ file, imports }) => {
    const room = relative(base, file).split("/")[0] ?? "";
    const row = rooms[room];
    if (!row) return [];
    return imports
      .filter((target) => target.startsWith("."))
      .flatMap((target) => {
        const to = relative(base, relative("/", resolve("/", file, "..", target))).split("/")[0] ?? "";
        return to === room || row.may.includes(to) ? [] : [`${file} (${room}) may not import ${target} (${to})`];
      });
  });
}

/** Complaints about folders beside the packages: what they import of ours beyond their row, by name or by path. */
function outsideComplaints(sources: Source[], may: string[]): string[] {
  return sources.flatMap(({ file, imports }) =>
    imports
      .filter((target) => {
        const name = target.startsWith(".")
          ? resolve("/", file, "..", target).match(/^\/packages\/([^/]+)/)?.[1]
          : target.match(/^@sallyport\/(.+)/)?.[1];
        return name !== undefined && (target.startsWith(".") || !may.includes(name));
      })
      .map((target) => `${file} may not import ${target}`),
  );
}

function shapeComplaints(sources: Source[]): string[] {
  return sources.flatMap((source) => {
    const longest = production(source) ? LONGEST.product : LONGEST.test;
    const lines = source.text.split("\n").length - 1;
    return [
      ...(/^(#!.*\n)?\/\*\* \S.*[.:] \*\/\n/.test(source.text) ? [] : [`${source.file} does not say in one sentence what it is`]),
      ...(lines > longest ? [`${source.file} has ${lines} lines, more than ${longest}`] : []),
    ];
  });
}

/** Permissions that no source uses: a table that permits more than the house needs no longer describes it. */
function staleRows(used: Set<string>, rows: Record<string, { may: string[] }>): string[] {
  return Object.entries(rows).flatMap(([from, { may }]) => may.map((to) => `${from} → ${to}`).filter((row) => !used.has(row)));
}

interface Locked {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  resolved?: string;
  link?: boolean;
  os?: string[];
  cpu?: string[];
  hasInstallScript?: boolean;
}

/** Everything that npm installs for a package, found as Node finds it: the nearest node_modules first. */
function closure(lock: Record<string, Locked>, start: string): Map<string, Locked> {
  const found = new Map<string, Locked>();
  const open = [start];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const linked = lock[at]?.link ? (lock[at]?.resolved ?? at) : at;
    const entry = lock[linked];
    if (entry === undefined || found.has(linked)) continue;
    found.set(linked, entry);
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      const near = `${linked}/node_modules/${name}`;
      open.push(lock[near] ? near : `node_modules/${name}`);
    }
  }
  return found;
}

const native = (entries: Map<string, Locked>) =>
  [...entries].filter(([, entry]) => entry.os ?? entry.cpu ?? entry.hasInstallScript).map(([path]) => path);

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
  assert.ok(entries.has("packages/logon") && entries.has("node_modules/jose"), "the lock is not read as it is written");
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
  const folders = ["packages", "bin", "scripts", "e2e", "bench", "native"].flatMap(sourcesBelow);
  assert.deepEqual(shapeComplaints(folders), []);
});

test("every package says what it is, what to read first and what it may import", () => {
  for (const name of packages) {
    const text = readFileSync(join(ROOT, "packages", name, "README.md"), "utf8");
    assert.ok(text.split("\n").length <= 40, name);
    assert.match(text, /Read in this order/i, name);
  }
});

const bad = (imports: string[], file = "packages/logon/src/x.ts", text = ""): Source[] => [{ file, text, imports }];

test("the checker of packages finds a room, a path, a package and a rig that are not allowed", () => {
  assert.equal(packageComplaints("logon", bad(["@sallyport/server"]), ["@sallyport/server"], ["contracts"]).length, 1);
  assert.equal(packageComplaints("logon", bad(["../../agent/src/main.ts"]), [], ["contracts"]).length, 1);
  assert.equal(packageComplaints("logon", bad(["left-pad"]), [], []).length, 1);
  assert.equal(packageComplaints("logon", bad(["./zones.fixture.ts"]), [], []).length, 1);
  assert.equal(packageComplaints("logon", bad(["./zones.ts", "node:crypto"]), [], []).length, 0);
});

test("the checkers of rooms and of the folders beside the packages find what is not allowed", () => {
  const base = "packages/server/src";
  assert.equal(roomComplaints(bad(["../store/sqlite.ts"], `${base}/flows/x.ts`), SERVER, base).length, 1);
  assert.equal(roomComplaints(bad(["../main.ts"], `${base}/http/x.ts`), SERVER, base).length, 1);
  assert.equal(roomComplaints(bad(["../flows/x.ts"], `${base}/http/x.ts`), SERVER, base).length, 0);
  assert.equal(outsideComplaints(bad(["@sallyport/logon"], "bench/x.ts"), ["contracts"]).length, 1);
  assert.equal(outsideComplaints(bad(["../../packages/logon/src/x.ts"], "e2e/ssh/x.ts"), ["logon"]).length, 1);
  assert.equal(outsideComplaints(bad(["@sallyport/contracts", "../machine/x.ts"], "e2e/ssh/x.ts"), ["contracts"]).length, 0);
  assert.deepEqual(staleRows(new Set(["http → flows"]), { http: { may: ["flows", "store"] } }), ["http → store"]);
});

test("the checker of shapes finds a missing sentence and a long file", () => {
  const lines = (count: number) => `/** One sentence. */\n${"x;\n".repeat(count - 1)}`;
  assert.equal(shapeComplaints(bad([], "packages/logon/src/x.ts", "import a;\n")).length, 1);
  assert.equal(shapeComplaints(bad([], "packages/logon/src/x.ts", lines(LONGEST.product + 1))).length, 1);
  assert.equal(shapeComplaints(bad([], "packages/logon/src/x.test.ts", lines(LONGEST.test + 1))).length, 1);
  assert.equal(shapeComplaints(bad([], "e2e/ssh/x.ts", lines(LONGEST.test))).length, 0);
  assert.equal(shapeComplaints(bad([], "bin/x.js", `#!/usr/bin/env node\n${lines(3)}`)).length, 0);
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

test("what a package brings along is followed through links and nested folders", () => {
  const lock = {
    "packages/agent": { dependencies: { a: "1" } },
    "node_modules/a": { link: true, resolved: "packages/a" },
    "packages/a": { dependencies: { b: "1" } },
    "packages/a/node_modules/b": { optionalDependencies: { c: "1" } },
    "node_modules/c": { os: ["linux"] },
    "node_modules/unrelated": { hasInstallScript: true },
  };
  assert.deepEqual(native(closure(lock, "packages/agent")), ["node_modules/c"]);
});

test("imports are read in every form in which Biome leaves them", () => {
  const text =
    'import { a } from "b";\nconst c = await import("d");\nimport "e";\nexport * from "f";\nimport {\n  g,\n} from "h";\nimport type { I } from "j";';
  assert.deepEqual(importsOf(text), ["b", "d", "e", "f", "h", "j"]);
});
