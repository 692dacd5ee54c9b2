/** `npm run pages`: builds the pages if they are older than what they are made of. */
import { preparePages } from "./pages.js";
import { prepare } from "./prepare.js";

prepare();
preparePages();
