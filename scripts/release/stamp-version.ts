/** The agent as one Windows program that carries the project's version, where Windows would otherwise show Node's. */
import { readFileSync, writeFileSync } from "node:fs";
import { NtExecutable, NtExecutableResource, Resource } from "resedit";

const ENGLISH = { lang: 1033, codepage: 1200 };

/** Changes `file`. `version`: three numbers. */
export function stampVersion(file: string, version: string): void {
  const program = NtExecutable.from(readFileSync(file), { ignoreCert: true });
  const resources = NtExecutableResource.from(program);
  const [info] = Resource.VersionInfo.fromEntries(resources.entries);
  if (!info) throw new Error(`${file} has no version to change`);
  const [major = 0, minor = 0, micro = 0] = version.split(".").map(Number);
  info.setFileVersion(major, minor, micro, 0, ENGLISH.lang);
  info.setProductVersion(major, minor, micro, 0, ENGLISH.lang);
  info.setStringValues(ENGLISH, {
    CompanyName: "Sallyport",
    FileDescription: "Sallyport agent",
    FileVersion: version,
    InternalName: "sallyport-agent.exe",
    OriginalFilename: "sallyport-agent.exe",
    ProductName: "Sallyport",
    ProductVersion: version,
  });
  info.outputToResourceEntries(resources.entries);
  resources.outputResource(program);
  writeFileSync(file, Buffer.from(program.generate()));
}
