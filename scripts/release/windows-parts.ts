/** The files of a Windows machine, by what they are. All lie in one folder. */
export const PARTS = {
  provider: "sallyport_provider.dll",
  host: "sallyport-relay.exe",
  agent: "sallyport-agent.exe",
  /** In the installer alone. */
  setup: "sallyport_setup.dll",
} as const;
