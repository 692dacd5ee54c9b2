/** May programs that use Windows' own TLS speak TLS 1.2. Sallyport's agent brings its own TLS: this is about .NET and the other product. */
import type { Proof } from "@sallyport/contracts";
import type { Answer } from "../../check.ts";
import { DOTNET_VALUES, TLS12_CLIENT_VALUES, type ValueRule } from "../../registry-values.ts";
import { answer, BUILD_8, known, type Look, notKnown, PATHS, seen, whyNot } from "./look.ts";

export function tlsVersions(look: Look, title: string): Answer {
  const schannel = known(look, "schannel");
  const dotnet = known(look, "dotnet");
  const wrong = [
    ...(schannel ? wrongValues(TLS12_CLIENT_VALUES, schannel["TLS 1.2"], PATHS.tls12Client, look.where("schannel.TLS 1.2")) : []),
    ...(dotnet ? wrongValues(DOTNET_VALUES, dotnet.bits64, PATHS.dotnet64, look.where("dotnet.bits64")) : []),
    ...(dotnet ? wrongValues(DOTNET_VALUES, dotnet.bits32, PATHS.dotnet32, look.where("dotnet.bits32")) : []),
  ];
  // The values bind some programs only, so they alone prove no failed connection.
  if (wrong.length > 0) return answer(seen("tls.version", "candidate", ...wrong));
  if (!schannel || !dotnet) return notKnown(title, whyNot(look, "schannel", "dotnet"));
  return byDefault(look, title, schannel["TLS 1.2"]);
}

/** Source: learn.microsoft.com, “Protocols in TLS/SSL (Schannel SSP)”: on from Windows 8 and Server 2012, off before. */
function byDefault(look: Look, title: string, { Enabled, DisabledByDefault }: Record<string, number | null>): Answer {
  const proof = (value: string): Proof => ({ what: PATHS.tls12Client, value, where: look.where("schannel.TLS 1.2") });
  if (Enabled != null && DisabledByDefault != null)
    return answer(seen("tls.version", "ruled-out", proof(`Enabled = ${Enabled}, DisabledByDefault = ${DisabledByDefault}: TLS 1.2 is on`)));
  const machine = known(look, "machine");
  if (!machine) return notKnown(title, whyNot(look, "machine"));
  if (machine.build >= BUILD_8)
    return answer(seen("tls.version", "ruled-out", proof(`not set: TLS 1.2 is on by default in build ${machine.build}`)));
  const value = `Enabled or DisabledByDefault not set: TLS 1.2 is off by default in build ${machine.build}`;
  return answer(seen("tls.version", "candidate", proof(value)));
}

function wrongValues(rules: readonly ValueRule[], values: Record<string, number | null>, path: string, where: string): Proof[] {
  return rules.flatMap(({ name, wrong, means }): Proof[] => {
    const value = values[name] ?? null;
    return value !== null && wrong(value) ? [{ what: `${path}\\${name}`, value: `${value}: ${means}`, where: `${where}.${name}` }] : [];
  });
}
