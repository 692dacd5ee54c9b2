/** `npm start`: installs what is missing, then starts the org and an agent on this machine. */
import { preparePages } from "./pages.js";
import { prepare } from "./prepare.js";

prepare();
preparePages();
// The command reads its arguments where a person would have typed them, and looks after signals and the exit code.
process.argv.splice(2, 0, "start");
await import("../bin/sallyport.js");
