/** Does anything answer on the remote desktop port: the service, its listener, and the firewall before it. */
import type { Proof } from "@sallyport/contracts";
import type { Answer, Missed } from "../../check.ts";
import { judgeFirewall } from "./firewall.ts";
import { known, type Look, missed, PATHS, seen, whyNot } from "./look.ts";

/** One part of the way in: proofs against it, proofs for it, or why it is not known. */
interface Part {
  closed: Proof[];
  open: Proof[];
  unknown?: string;
  /** A restriction that somebody may have meant: told, but no reason to call the machine unhealthy. */
  partly?: string;
}

const RUNNING = 4;
const LOOPBACK = /^(?:127\.|::1$|\[::1\]$)/;
/** Source: learn.microsoft.com, “Change the listening port for Remote Desktop”. */
const DEFAULT_PORT = 3389;

export function rdpPort(look: Look, title: string): Answer {
  const parts = [service(look), listener(look), firewall(look)];
  const closed = parts.flatMap((part) => part.closed);
  if (closed.length > 0) return { seen: [seen("host.rdp-closed", "confirmed", ...closed)] };
  const unknown = parts.flatMap((part): Missed[] => [
    ...(part.unknown === undefined ? [] : [missed(title, part.unknown)]),
    ...(part.partly === undefined ? [] : [missed(`${title}, for each caller`, part.partly, false)]),
  ]);
  if (unknown.length > 0) return { seen: [], missed: unknown };
  return { seen: [seen("host.rdp-closed", "ruled-out", ...parts.flatMap((part) => part.open))] };
}

function service(look: Look): Part {
  const services = known(look, "services");
  if (!services) return { closed: [], open: [], unknown: whyNot(look, "services") };
  const proof = (value: string): Proof => ({ what: "service TermService", value, where: look.where("services.TermService") });
  if (services.TermService === null) return { closed: [proof("there is none")], open: [] };
  const { state, start } = services.TermService;
  if (state === RUNNING) return { closed: [], open: [proof("running")] };
  return { closed: [proof(`state ${state}, not running${start === 4 ? "; disabled" : ""}`)], open: [] };
}

function listener(look: Look): Part {
  const settings = known(look, "terminalServer");
  if (settings?.fEnableWinStation === 0) {
    const proof: Proof = {
      what: `${PATHS.rdpTcp}\\fEnableWinStation`,
      value: "0: the listener is off",
      where: look.where("terminalServer.fEnableWinStation"),
    };
    return { closed: [proof], open: [] };
  }
  const listeners = known(look, "listeners");
  if (!listeners) return { closed: [], open: [], unknown: whyNot(look, "listeners") };
  if (!settings) return { closed: [], open: [], unknown: whyNot(look, "terminalServer") };
  const port = settings.PortNumber ?? DEFAULT_PORT;
  const proof = (value: string): Proof => ({ what: `TCP port ${port}`, value, where: look.where("listeners") });
  const here = listeners.filter((one) => one.port === port);
  const outward = here.find(({ address }) => !LOOPBACK.test(address));
  if (outward) return { closed: [], open: [proof(`${outward.address} listens`)] };
  return { closed: [proof(here.length > 0 ? "listens for this machine only" : "nothing listens")], open: [] };
}

function firewall(look: Look): Part {
  const facts = known(look, "firewall");
  const settings = known(look, "terminalServer");
  if (!facts || !settings) return { closed: [], open: [], unknown: whyNot(look, "firewall", "terminalServer") };
  const { lets, proofs } = judgeFirewall(facts, settings.PortNumber ?? DEFAULT_PORT, look.where);
  const told = proofs.map(({ what, value }) => `${what}: ${value}`).join("; ");
  if (lets === "nobody") return { closed: proofs, open: [] };
  if (lets === "everybody") return { closed: [], open: proofs };
  return { closed: [], open: [], ...(lets === "some" ? { partly: told } : { unknown: told }) };
}
