/** Is our credential provider registered, and does anything take its tile away. */
import type { Proof } from "@sallyport/contracts";
import type { Answer, Seen } from "../../check.ts";
import type { Registered } from "./facts.ts";
import { answer, known, type Look, missed, notKnown, PATHS, same, seen, whyNot } from "./look.ts";

/** Source: native/windows/provider/system.h. */
export const SALLYPORT_CLSID = "{696F6D96-AB3D-4079-811D-515E4BF386D1}";
/** Windows' own filter, GenericFilter in credprovs.dll, which hides nobody's tile. */
const WINDOWS_FILTER = "{DDC0EED2-ADBE-40B6-A217-EDE16A79A0DE}";
const HARMLESS = [WINDOWS_FILTER, SALLYPORT_CLSID];
const CLSIDS = /\{[0-9a-f-]{36}\}/gi;

export function providerMissing(look: Look, title: string): Answer {
  const providers = known(look, "providers");
  if (!providers) return notKnown(title, whyNot(look, "providers"));
  const own = ours(providers);
  const proof = (value: string, what = `${PATHS.providers}\\${SALLYPORT_CLSID}`): Proof => ({
    what,
    value,
    where: look.where("providers"),
  });
  const server = `${PATHS.classes}\\${SALLYPORT_CLSID}\\InprocServer32`;
  if (!own) return answer(seen("provider.missing", "confirmed", proof(`not registered (${providers.length} others are)`)));
  if (own.dll === null) return answer(seen("provider.missing", "confirmed", proof("names no file: Windows cannot load it", server)));
  if (own.dllPresent === false) return answer(seen("provider.missing", "confirmed", proof(`${own.dll}: the file is not there`, server)));
  if (own.dllPresent === null) return notKnown(title, `whether ${own.dll} is there could not be seen`);
  return answer(seen("provider.missing", "ruled-out", proof("registered"), proof(`${own.dll} is there`, server)));
}

export function providerFiltered(look: Look, title: string): Answer {
  const own = ours(known(look, "providers") ?? []);
  if (!own) return notKnown(title, whyNot(look, "providers"));
  const against = [...switchedOff(own, look), ...excluded(look)];
  if (against.length > 0) return answer(seen("provider.filtered", "confirmed", ...against));
  const filters = known(look, "filters");
  const foreign = (filters ?? []).filter(({ clsid, disabled }) => !HARMLESS.some((one) => same(clsid, one)) && (disabled ?? 0) === 0);
  // What another product's filter does is in its code: it may hide all tiles but its own.
  const possible: Seen[] = foreign.map(({ clsid, name, dll }) =>
    seen("provider.filtered", "candidate", {
      what: `${PATHS.filters}\\${clsid}`,
      value: `${name ?? "without a name"}${dll === null ? "" : `, ${dll}`}: may hide tiles of others`,
      where: look.where("filters"),
    }),
  );
  const open = known(look, "providerPolicy") && filters ? undefined : whyNot(look, "providerPolicy", "filters");
  if (open !== undefined) return { seen: possible, missed: [missed(title, open)] };
  if (possible.length > 0) return { seen: possible };
  return answer(
    seen(
      "provider.filtered",
      "ruled-out",
      {
        what: `${PATHS.providers}\\${own.clsid}\\Disabled`,
        value: own.disabled === null ? "not there" : "0",
        where: look.where("providers"),
      },
      { what: PATHS.excluded, value: "does not name it", where: look.where("providerPolicy.ExcludedCredentialProviders") },
      { what: PATHS.filters, value: "none of another product", where: look.where("filters") },
    ),
  );
}

export const ours = (providers: readonly Registered[]) => providers.find(({ clsid }) => same(clsid, SALLYPORT_CLSID));

function switchedOff({ clsid, disabled }: Registered, look: Look): Proof[] {
  if ((disabled ?? 0) === 0) return [];
  return [{ what: `${PATHS.providers}\\${clsid}\\Disabled`, value: String(disabled), where: look.where("providers") }];
}

function excluded(look: Look): Proof[] {
  const list = known(look, "providerPolicy")?.ExcludedCredentialProviders ?? "";
  if (!(list.match(CLSIDS) ?? []).some((clsid) => same(clsid, SALLYPORT_CLSID))) return [];
  return [{ what: PATHS.excluded, value: `names ${SALLYPORT_CLSID}`, where: look.where("providerPolicy.ExcludedCredentialProviders") }];
}
