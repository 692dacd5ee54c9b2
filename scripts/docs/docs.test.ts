/** The pages of docs/ say what the code says, and link to what is there. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../prepare.js";
import { writeApiPage } from "./api-page.ts";
import { fieldsOf, wordsFor } from "./json-schema.ts";
import { PAGES } from "./pages.ts";

const pages = ["README.md", "ARCHITECTURE.md", "SECURITY.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith(".md"),
);
const read = (name: string) => readFileSync(join(ROOT, name), "utf8");

for (const [name, write] of Object.entries(PAGES)) {
  test(`docs/${name} is what the code writes (else run: npm run docs)`, async () => {
    const written = (await write()).split("\n");
    const page = read(`docs/${name}`).split("\n");
    const differs = written.findIndex((line, at) => line !== page[at]);
    assert.equal(differs, -1, `line ${differs + 1}: ${page[differs]}\nshould be: ${written[differs]}`);
    assert.equal(page.length, written.length);
  });
}

test("every link of a page leads to a file that is there, and every page is in the index", () => {
  for (const page of pages)
    for (const [, target = ""] of read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g))
      if (!/^https?:/.test(target)) assert.ok(existsSync(join(ROOT, dirname(page), target)), `${page} links to ${target}`);
  const index = read("docs/README.md");
  for (const page of pages.filter((one) => one.startsWith("docs/") && one !== "docs/README.md"))
    assert.ok(index.includes(`(${page.slice("docs/".length)})`), `docs/README.md does not name ${page}`);
});

test("every key of the settings and of a policy has its meaning on the page", async () => {
  const rows = read("docs/configure.md")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  assert.ok(rows.length > 40, `${rows.length} rows`);
  for (const line of rows) assert.doesNotMatch(line, /\| *\|$/, line);
});

test("a schema is said in words, and a call in one row", () => {
  const schema = {
    type: "object",
    required: ["a"],
    properties: {
      a: { type: "string", maxLength: 3 },
      b: { type: "array", items: { type: "object", properties: { c: { enum: ["x", "y"] } } } },
    },
  };
  assert.deepEqual(
    fieldsOf(schema).map(({ path, required, takes }) => [path, required, takes]),
    [
      ["a", true, "text, at most 3"],
      ["b", false, "list of object"],
      ["b[].c", false, "`x`, `y`"],
    ],
  );
  assert.equal(wordsFor({ type: "integer", minimum: 1, maximum: 9 }), "number 1–9");
  const page = writeApiPage({
    paths: { "/api/v1/zones": { post: { requestBody: { content: { "application/json": { schema } } }, responses: { "204": {} } } } },
  });
  assert.match(page, /^## Zones\n\n.*\n.*\n\| `POST \/api\/v1\/zones` \| `a` `b`\? `b\[\]\.c`\? \| 204 \|$/m);
});
