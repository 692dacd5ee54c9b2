/** The options of rdp_app_config.json as the vendor documents them, and what of them is risky. */
import * as z from "zod";

export interface Option {
  /** As the vendor writes it; the spelling of the three connection keys is in no public source, so several are taken. */
  name: string;
  spellings?: readonly string[];
  schema: z.ZodType;
  /** A value that opens a way past the factor, with what it allows. */
  risk?: { value: boolean; allows: string };
}

const bool = z.boolean({ error: "must be true or false, without quotes" });
const seconds = (most: number) =>
  z
    .number({ error: "must be a number of seconds, without quotes" })
    .int({ error: "must be a whole number of seconds" })
    .min(1, { error: "must be at least 1 second" })
    .max(most, { error: `must be at most ${most} seconds` });

/** Source: the vendor's installation page; 120 s is its limit for the widget, a day is no error's time. */
export const OPTIONS: readonly Option[] = [
  {
    name: "FilterCredentialProvider",
    schema: bool,
    risk: { value: false, allows: "people can choose another tile at the logon screen, and log on by password alone" },
  },
  { name: "RdpOnly", schema: bool, risk: { value: true, allows: "nobody is asked for a factor at the machine itself" } },
  {
    name: "InternetFailOpenOption",
    schema: bool,
    risk: { value: true, allows: "whoever cuts the server off from the org logs on by password alone" },
  },
  { name: "WidgetTimeOutInSeconds", schema: seconds(120) },
  { name: "ErrorTimeOutInSeconds", schema: seconds(86_400) },
  { name: "EnforceTimeoutVersionAgnostic", schema: bool },
  {
    name: "SslPinningEnabled",
    schema: bool,
    risk: { value: false, allows: "a proxy with a trusted certificate reads and changes what goes to the org" },
  },
  { name: "DisplayPasswordResetLink", schema: bool },
  { name: "DisconnectSessionOnError", schema: bool },
  { name: "ClientId", spellings: ["clientid", "oktaclientid", "appclientid"], schema: z.string({ error: "must be a text in quotes" }) },
  {
    name: "ClientSecret",
    spellings: ["clientsecret", "oktaclientsecret", "appclientsecret", "secret", "encryptedclientsecret"],
    schema: z.string({ error: "must be a text in quotes" }),
  },
  {
    name: "Url",
    spellings: ["url", "oktaurl", "orgurl", "oktaorgurl", "baseurl", "oktabaseurl", "org", "tenanturl", "oktadomain"],
    schema: z.string({ error: "must be a text in quotes" }),
  },
];

/** Case, underscores and hyphens do not matter: `OKTA_URL`, `OktaUrl`, `okta-url`. */
const plain = (key: string) => key.toLowerCase().replace(/[^a-z0-9]/g, "");

export function optionOf(key: string): Option | undefined {
  return OPTIONS.find(({ name, spellings }) => plain(name) === plain(key) || spellings?.includes(plain(key)));
}
