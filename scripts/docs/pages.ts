/** The pages of docs/ that are made from the code: name, and what writes it. */
import { writeCausesPage } from "../../packages/contracts/src/causes/page.ts";
import { readOpenApi, writeApiPage } from "./api-page.ts";
import { writeConfigurePage } from "./configure-page.ts";

export const PAGES: Record<string, () => string | Promise<string>> = {
  "causes.md": writeCausesPage,
  "configure.md": writeConfigurePage,
  "api.md": async () => writeApiPage(await readOpenApi()),
};
