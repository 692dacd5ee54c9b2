/** The pages that there are, and what their build says of them: all that the org server knows of this package. */

/** Each is one entry of the build, `src/PAGE/main.tsx`. */
export const PAGES = ["portal", "phone"] as const;
export type PageName = (typeof PAGES)[number];

/** Names of files below `assets/`. */
export interface BuiltPage {
  script: string;
  style?: string;
}

/** What a build wrote, in the file `MANIFEST` of its folder. */
export interface Manifest {
  pages: Partial<Record<PageName, BuiltPage>>;
  /** True if there is a `service-worker.js`. */
  worker: boolean;
  /** Files that are served as they are, such as `phone/icon.svg`. */
  files: string[];
  /** SHA-256, hex, of everything that went in, by its path in the project. */
  inputs: Record<string, string>;
}

export const MANIFEST = "manifest.json";

/** Folder of the build: of this package, or beside the one file that a release is. */
export const BUILT = import.meta.url.endsWith(".ts") ? new URL("../dist/", import.meta.url) : new URL("./pages/", import.meta.url);
