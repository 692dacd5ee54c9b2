/** Facts of a Windows machine as collect.ps1 writes them; not seen on Windows: they follow the pages that machine.fixture.ts cites. */
import * as z from "zod";

/** Why a fact could not be read; the doctor then answers *not known*. */
export const unavailable = z.strictObject({ unavailable: z.string().min(1).max(500) });
export type Unavailable = z.infer<typeof unavailable>;

/** Numbers and identifiers stand where Windows gives both, since it translates its texts. A field that is missing was not collected; `null` inside of one says that Windows has no such value. */
const fact = <S extends z.ZodType>(schema: S) => z.union([schema, unavailable]).optional();

const text = z.string().max(2000);
/** A DWORD of the registry. */
const dword = z.int().min(0).max(0xffffffff).nullable();
const clsid = z.string().regex(/^\{[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}$/, "a CLSID in braces");
const sid = z.string().regex(/^S-1-\d{1,15}(?:-\d{1,10}){0,15}$/, "a SID such as S-1-5-32-555");
const status = z.string().regex(/^0x[0-9A-F]{8}$/, "0x and eight capital hexadecimal digits");
const port = z.int().min(1).max(65_535);

const machine = z.strictObject({
  name: text,
  /** SID below which the machine's own accounts stand; on a domain controller the domain's. */
  sid: sid.nullable(),
  /** 0, 2: in no domain; 1, 3: member; 4, 5: domain controller. */
  domainRole: z.int().min(0).max(5),
  /** 9200 is Windows 8 and Server 2012, 17763 Server 2019. */
  build: z.int().min(1),
  /** As Windows names zones: `W. Europe Standard Time`. */
  timeZone: text.nullable(),
  utcOffsetMinutes: z.int().min(-900).max(900),
});

const registered = z.strictObject({
  clsid,
  name: text.nullable(),
  disabled: dword,
  /** Default value of the class's InprocServer32; `null` where the class is not registered. */
  dll: text.nullable(),
  /** Whether that file is there; `null` where nobody could look. */
  dllPresent: z.boolean().nullable(),
});

const providerPolicy = z.strictObject({ ExcludedCredentialProviders: text.nullable(), DefaultCredentialProvider: text.nullable() });

const terminalServer = z.strictObject({
  fDenyTSConnections: dword,
  UserAuthentication: dword,
  SecurityLayer: dword,
  PortNumber: dword,
  fEnableWinStation: dword,
});
const terminalServerPolicy = z.strictObject({ fDenyTSConnections: dword, UserAuthentication: dword, SecurityLayer: dword });

const profileSettings = z.strictObject({
  EnableFirewall: dword,
  DefaultInboundAction: dword,
  DoNotAllowExceptions: dword,
  AllowLocalPolicyMerge: dword,
});
const profiles = z.strictObject({ domain: profileSettings, private: profileSettings, public: profileSettings });

const firewall = z.strictObject({
  local: profiles,
  policy: profiles,
  /** Profiles of the networks that are connected: 1 domain, 2 private, 4 public. */
  active: z.array(z.union([z.literal(1), z.literal(2), z.literal(4)])).max(100),
  /** Rules for what comes in, each as the registry holds it: `v2.31|Action=Allow|Active=TRUE|Dir=In|…`. */
  rules: z.array(z.strictObject({ store: z.enum(["local", "policy", "mdm"]), id: text, rule: z.string().max(20_000) })).max(20_000),
});

const member = z.strictObject({ sid, name: text.nullable() });
const group = z.strictObject({ sid, name: text.nullable(), members: z.union([z.array(member).max(20_000), unavailable]) });
/** An account that was asked for. `groups`: SIDs of the domain's groups that it is in, through others too. */
const user = z.strictObject({ sid, name: text, groups: z.union([z.array(sid).max(20_000), unavailable]) });
const rights = z.strictObject({
  SeRemoteInteractiveLogonRight: z.array(sid).max(1000),
  SeDenyRemoteInteractiveLogonRight: z.array(sid).max(1000),
});

/** `state` as SERVICE_STATUS has it: 1 stopped, 4 running; `start`: 2 automatic, 3 by hand, 4 disabled. `null`: no such service. */
const service = z.strictObject({ state: z.int().min(1).max(7), start: z.int().min(0).max(4) }).nullable();
const services = z.strictObject({ TermService: service, Sallyport: service, W32Time: service });

/** A security descriptor with owner and access list, as SDDL; `null` where there is nothing, or nobody could look. */
const sddl = text.nullable();

/** Whether the service's pipes `\\.\pipe\ProtectedPrefix\Administrators\sallyport` and `\\.\pipe\ProtectedPrefix\Administrators\sallyport-machine` are there, and whose the first one is; nobody speaks with it. */
const door = z.strictObject({ pipe: z.boolean(), machine: z.boolean(), sddl });

/** `%ProgramData%\Sallyport`. `link`: a reparse point, which leads elsewhere. */
const folder = z.strictObject({ exists: z.boolean(), link: z.boolean(), sddl });

/** Values of our own provider. `AllowProviders`: CLSIDs. */
const ownValues = z.strictObject({
  Armed: dword,
  Filter: dword,
  RdpOnly: dword,
  Disable: dword,
  Scenarios: dword,
  AllowProviders: text.nullable(),
});
/** As installed below `HKLM\SOFTWARE\Sallyport\Provider`, and as group policy sets them, which wins. */
const settings = z.strictObject({ local: ownValues, policy: ownValues });

const timeStatus = z.strictObject({ leap: z.int().min(0).max(3), stratum: z.int().min(0).max(16) });
/** Offsets in seconds as `w32tm /stripchart /dataonly` prints them, one a sample. */
const stripchart = z.strictObject({ against: text, offsets: z.array(z.number()).min(1).max(100) });

const protocol = z.strictObject({ Enabled: dword, DisabledByDefault: dword });
const schannel = z.strictObject({ "TLS 1.2": protocol, "TLS 1.3": protocol });
const dotnetValues = z.strictObject({ SchUseStrongCrypto: dword, SystemDefaultTlsVersions: dword });
const dotnet = z.strictObject({ bits64: dotnetValues, bits32: dotnetValues });

/** Event 4625: a logon that Windows refused. */
const refusedLogon = z.strictObject({
  at: z.iso.datetime({ offset: true }),
  user: text,
  domain: text,
  logonType: z.int().min(0).max(20),
  status,
  subStatus: status,
});

export const windowsFacts = z.strictObject({
  version: z.literal(1),
  collectedAt: z.iso.datetime({ offset: true }),
  machine: fact(machine),
  providers: fact(z.array(registered).max(1000)),
  filters: fact(z.array(registered).max(1000)),
  providerPolicy: fact(providerPolicy),
  terminalServer: fact(terminalServer),
  terminalServerPolicy: fact(terminalServerPolicy),
  /** What listens on `PortNumber`. */
  listeners: fact(z.array(z.strictObject({ address: text, port })).max(1000)),
  firewall: fact(firewall),
  groups: fact(z.array(group).max(5000)),
  rights: fact(rights),
  users: fact(z.array(user).max(100)),
  services: fact(services),
  door: fact(door),
  folder: fact(folder),
  settings: fact(settings),
  timeStatus: fact(timeStatus),
  stripchart: fact(stripchart),
  schannel: fact(schannel),
  dotnet: fact(dotnet),
  refusedLogons: fact(z.array(refusedLogon).max(5000)),
});
export type WindowsFacts = z.infer<typeof windowsFacts>;
export type Registered = z.infer<typeof registered>;
export type WindowsUser = z.infer<typeof user>;
export type RefusedLogon = z.infer<typeof refusedLogon>;
export type FirewallFacts = z.infer<typeof firewall>;
export type ProfileSettings = z.infer<typeof profileSettings>;

export type FactName = Exclude<keyof WindowsFacts, "version" | "collectedAt">;
export type Known<Name extends FactName> = Exclude<NonNullable<WindowsFacts[Name]>, Unavailable>;

export const isUnavailable = (value: unknown): value is Unavailable =>
  typeof value === "object" && value !== null && !Array.isArray(value) && "unavailable" in value;
