/** What single values of Windows' registry say about TLS and remote desktop, wherever they were read. */
import type { CauseId } from "@sallyport/contracts";

export interface ValueRule {
  cause: CauseId;
  /** Name of the value, as Windows writes it. */
  name: string;
  wrong(value: number): boolean;
  /** What a wrong value means, for a person. */
  means: string;
}

const TLS12 = 0x800;

/** Source: learn.microsoft.com, “Transport Layer Security (TLS) best practices with .NET Framework”. */
export const DOTNET_VALUES: readonly ValueRule[] = [
  {
    cause: "tls.version",
    name: "SchUseStrongCrypto",
    wrong: (value) => value === 0,
    means: "programs of .NET offer old versions of TLS",
  },
  {
    cause: "tls.version",
    name: "SystemDefaultTlsVersions",
    wrong: (value) => value === 0,
    means: "programs of .NET do not follow the system's versions of TLS",
  },
];

/** Below `…\SCHANNEL\Protocols\TLS 1.2\Client`. Source: learn.microsoft.com, “TLS registry settings”. */
export const TLS12_CLIENT_VALUES: readonly ValueRule[] = [
  { cause: "tls.version", name: "Enabled", wrong: (value) => value === 0, means: "TLS 1.2 is off" },
  {
    cause: "tls.version",
    name: "DisabledByDefault",
    wrong: (value) => value !== 0,
    means: "TLS 1.2 is off unless a program asks for it",
  },
];

/** Below `…\Internet Settings` and its `WinHttp`. Source: the other vendor's script for TLS 1.2. */
export const SECURE_PROTOCOL_VALUES: readonly ValueRule[] = ["DefaultSecureProtocols", "SecureProtocols"].map((name) => ({
  cause: "tls.version",
  name,
  wrong: (value) => (value & TLS12) === 0,
  means: "without TLS 1.2 (0x800)",
}));

/** Source: policies “Allow users to connect remotely by using Remote Desktop Services” and “Require user authentication … by using NLA”. */
export const REMOTE_OFF: ValueRule = {
  cause: "host.remote-off",
  name: "fDenyTSConnections",
  wrong: (value) => value === 1,
  means: "remote connections are refused",
};
export const NLA_OFF: ValueRule = {
  cause: "host.nla",
  name: "UserAuthentication",
  wrong: (value) => value === 0,
  means: "network level authentication is not asked for",
};
