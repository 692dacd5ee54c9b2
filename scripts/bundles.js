/** Makes the bundles: the org with the whole command, its built pages, its process that reads directories, the agent, and the command of a machine with an agent. */
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ROOT } from "./prepare.js";

/** The built pages, as they lie beside the server's bundle. */
export const PAGES = "pages";

export const BUNDLES = {
  "sallyport.mjs": { entry: "packages/cli/src/main.ts", target: "node24", external: ["@node-rs/argon2"] },
  "sallyport-sync.mjs": { entry: "packages/server/src/sync/planner.ts", target: "node24", external: [] },
  "sallyport-host.mjs": { entry: "packages/cli/src/host-main.ts", target: "node24", external: [] },
  "sallyport-agent.mjs": { entry: "packages/agent/src/main.ts", target: "node22", external: [] },
};

/** npm's name for the machine that this runs on; glibc. */
export const NATIVE = ["@node-rs/argon2", `@node-rs/argon2-${process.platform}-${process.arch}-gnu`];

/** Writes the bundles into `dist`; answers for each the files that went into it, relative to the project. */
export async function makeBundles(dist) {
  const { build } = await import("esbuild");
  mkdirSync(dist, { recursive: true });
  const inputs = {};
  for (const [name, { entry, target, external }] of Object.entries(BUNDLES)) {
    const { metafile } = await build({
      bundle: true,
      platform: "node",
      format: "esm",
      absWorkingDir: ROOT,
      logLevel: "warning",
      legalComments: "eof",
      metafile: true,
      // Some packages (jsonc-parser) put their pieces together at run time in the form that `main` names, which no bundler can follow.
      mainFields: ["module", "main"],
      // Some of the libraries inside are CommonJS and call require().
      banner: { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' },
      entryPoints: [entry],
      outfile: join(dist, name),
      target,
      external,
    });
    const [output] = Object.values(metafile.outputs);
    inputs[name] = Object.keys(output.inputs).filter((file) => output.inputs[file].bytesInOutput > 0);
  }
  copyNative(dist);
  const pages = join(ROOT, "packages/web/dist");
  cpSync(pages, join(dist, PAGES), { recursive: true });
  inputs[PAGES] = Object.keys(JSON.parse(readFileSync(join(pages, "manifest.json"), "utf8")).inputs);
  return inputs;
}

/** The one native module lies beside the bundle, where Node looks for it. */
function copyNative(dist) {
  const require = createRequire(import.meta.url);
  for (const name of NATIVE) {
    const from = join(require.resolve(`${name}/package.json`), "..");
    cpSync(from, join(dist, "node_modules", name), { recursive: true });
  }
}
