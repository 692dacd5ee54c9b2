/** `npm run bundle`: one file for the server with the command, one for the agent, into dist/. */
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { prepare, ROOT } from "./prepare.js";

prepare();
const { build } = await import("esbuild");
const dist = join(ROOT, "dist");
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
const common = {
  bundle: true,
  platform: "node",
  format: "esm",
  absWorkingDir: ROOT,
  logLevel: "warning",
  legalComments: "eof",
  // Some packages (jsonc-parser) put their pieces together at run time in the form that `main` names, which no bundler can follow.
  mainFields: ["module", "main"],
  // Some of the libraries inside are CommonJS and call require().
  banner: { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' },
};
await build({
  ...common,
  entryPoints: ["packages/cli/src/main.ts"],
  outfile: join(dist, "sallyport.mjs"),
  target: "node24",
  external: ["@node-rs/argon2"],
});
await build({ ...common, entryPoints: ["packages/agent/src/main.ts"], outfile: join(dist, "sallyport-agent.mjs"), target: "node22" });
// The one native module lies beside the bundle, where Node looks for it.
const require = createRequire(import.meta.url);
for (const name of ["@node-rs/argon2", `@node-rs/argon2-${process.platform}-${process.arch}-gnu`]) {
  const from = join(require.resolve(`${name}/package.json`), "..");
  cpSync(from, join(dist, "node_modules", name), { recursive: true });
}
process.stdout.write("dist/sallyport.mjs, dist/sallyport-agent.mjs\n");
