/** The org server: start it, and what it may refuse to start for. */
export { type ServerHandle, type ServerOptions, ServerRefused, startServer } from "./main.ts";
