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

const LONGEST_FILE = 320;

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

const production = (source: Source) => !/\.(test|contract|fixture)\.ts$/.test(source.file) && !source.file.includes("/test/");

/** Complaints of one package's sources against its row; exported in spirit: the checker itself is tested below. */
function packageComplaints(name: string, sources: Source[], declared: string[], may: string[]): string[] {
  return sources.filter(production).flatMap(({ file, imports }) =>
    imports.flatMap((target) => {
      if (target.startsWith(".")) {
        const inside = resolve("/", file, "..", target).startsWith(`/packages/${name}/`);
        return inside ? [] : [`${file} reaches out of its package: ${target}`];
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

for (const [name, { may, why }] of Object.entries(PACKAGES)) {
  test(`${name} imports only ${may.join(", ") || "nobody"}: ${why}`, () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "packages", name, "package.json"), "utf8"));
    assert.deepEqual(packageComplaints(name, sourcesBelow(`packages/${name}/src`), Object.keys(manifest.dependencies ?? {}), may), []);
  });
}

test("inside server, http → flows → logon, and everything else serves the flows", () => {
  for (const room of Object.keys(SERVER))
    assert.ok(existsSync(join(ROOT, "packages/server/src", room)), `the table names a room that is gone: ${room}`);
  const rooms = readdirSync(join(ROOT, "packages/server/src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of rooms) assert.ok(SERVER[name], `the room ${name} is not in the table`);
  assert.deepEqual(roomComplaints(sourcesBelow("packages/server/src"), SERVER, "packages/server/src"), []);
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
  const sources = ["packages", "bin", "scripts", "e2e", "bench"].filter((folder) => existsSync(join(ROOT, folder))).flatMap(sourcesBelow);
  const headless = sources.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text)).map(({ file }) => file);
  const long = sources
    .filter(({ file, text }) => !/\.test\.ts$|\/doubles\//.test(file) && text.split("\n").length > LONGEST_FILE)
    .map(({ file }) => file);
  assert.deepEqual({ headless, long }, { headless: [], long: [] });
});

test("every package says what it is, what to read first and what it may import", () => {
  for (const name of packages) {
    const text = readFileSync(join(ROOT, "packages", name, "README.md"), "utf8");
    assert.ok(text.split("\n").length <= 40, name);
    assert.match(text, /Read in this order/i, name);
  }
});

test("the checkers find what they are there for", () => {
  const bad = (imports: string[], file = "packages/logon/src/x.ts"): Source[] => [{ file, text: "", imports }];
  assert.equal(packageComplaints("logon", bad(["@sallyport/server"]), ["@sallyport/server"], ["contracts"]).length, 1);
  assert.equal(packageComplaints("logon", bad(["../../agent/src/main.ts"]), [], ["contracts"]).length, 1);
  assert.equal(packageComplaints("logon", bad(["left-pad"]), [], []).length, 1);
  assert.equal(packageComplaints("logon", bad(["./zones.ts", "node:crypto"]), [], []).length, 0);
  const base = "packages/server/src";
  assert.equal(roomComplaints(bad(["../store/sqlite.ts"], `${base}/flows/x.ts`), SERVER, base).length, 1);
  assert.equal(roomComplaints(bad(["../flows/x.ts"], `${base}/http/x.ts`), SERVER, base).length, 0);
  assert.deepEqual(importsOf('import { a } from "b";\nconst c = await import("d");'), ["b", "d"]);
});
