/** Every public line of the other product's logs, in parts that a test can join as a logger would. */
import {
  ASK,
  at,
  CLASS,
  DECODING,
  FORM,
  handshake,
  OLD_CLASS,
  OLD_FORM,
  type Sample,
  STACK,
  status,
  TLS_FRAMES,
  web,
} from "./sample.fixture.ts";

/** Verbatim from the vendor's articles (support.okta.com, help.okta.com); spacing and typos as printed there. */
export const VERBATIM: readonly Sample[] = [
  status("S1: 401", "The remote server returned an error: (401) Unauthorized.", "http-401", "user.password"),
  status("S2: 403", "The remote server returned an error: (403) Forbidden.", "http-403", "factor.none"),
  status("S3a: 404", "The remote server returned an error: (404) Not Found.", "http-404", "user.name-shape"),
  {
    name: "S3b: 404 of the older generation",
    parts: [
      "InvalidOperationException thrown System.Net.WebException: The remote server returned an error: (404) Not Found.",
      ...at([...ASK, OLD_FORM, OLD_CLASS]),
    ],
    kind: "http-404",
    proved: [],
    likeliest: "user.name-shape",
  },
  {
    name: "S4: key too short",
    parts: [`"The encryption algorithm 'HS256' requires a key size of at least '128' bits."`],
    kind: "secret-unusable",
    proved: ["client.secret-mangled"],
  },
  {
    name: "S4: secret is no Base64",
    parts: [
      "Exception thrown System.FormatExceptiondata = System.FormatException: Invalid length for a Base-64 char array or string.",
      ...at(DECODING),
    ],
    kind: "secret-unusable",
    proved: ["client.secret-mangled"],
  },
  handshake(
    "S5: no secure channel",
    "exception thrown is = System.Net.WebException: The request was aborted: Could not create SSL/TLS secure channel.",
  ),
  handshake(
    "S5: error on a send",
    "System.Net.WebException: The underlying connection was closed: An unexpected error occurred on a send.",
  ),
  handshake(
    "S5: transport connection",
    "System.IO.IOException: Unable to read data from the transport connection: An existing connection was forcibly closed by the remote host.",
  ),
  handshake(
    "S5: no common algorithm",
    "System.Net.WebException: The client and server cannot communicate because they do not possess a common algorithm",
    ["tls.version"],
  ),
  handshake("S5: forcibly closed", "System.Net.Sockets.SocketException: An existing connection was forcibly closed by the remote host."),
  {
    name: "S6: the whole TLS exception",
    parts: [
      "exception thrown is - System.Net.WebException: The underlying connection was closed: An unexpected error occurred on a send. --->",
      "System.IO.IOException: Authentication failed because the remote party has closed the transport stream.",
      ...at(TLS_FRAMES),
      "--- End of inner exception stack trace ---",
      ...STACK,
    ],
    kind: "tls-handshake",
    proved: [],
    likeliest: "tls.version",
  },
  {
    name: "S7: blocked page",
    parts: ["Content was blocked because it was not signed by a valid security certificate."],
    kind: "tls-trust",
    proved: [],
    likeliest: "tls.untrusted",
  },
];

/** Messages of .NET Framework 4 as Windows translates them; types, numbers and frames stay. */
export const TRANSLATED: readonly Sample[] = [
  status(
    "401 in German",
    "Der Remoteserver hat einen Fehler zurückgegeben: (401) Nicht autorisiert.",
    "http-401",
    "user.password",
    "bei",
    true,
  ),
  status("403 in French", "Le serveur distant a retourné une erreur : (403) Interdit.", "http-403", "factor.none", "à", true),
  status("404 in Spanish", "Error en el servidor remoto: (404) No se encontró.", "http-404", "user.name-shape", "en", true),
  status("401 in Italian", "Errore del server remoto: (401) Non autorizzato.", "http-401", "user.password", "in"),
  {
    name: "secret is no Base64, in German",
    parts: [
      "Exception thrown System.FormatExceptiondata = System.FormatException: Ungültige Länge für ein Base-64-Char-Array oder eine Zeichenfolge.",
      ...at(DECODING, "bei"),
    ],
    kind: "secret-unusable",
    proved: ["client.secret-mangled"],
    wide: true,
  },
  {
    name: "no secure channel, in German",
    parts: [
      "exception thrown is = System.Net.WebException: Die Anfrage wurde abgebrochen: Es konnte kein geschützter SSL/TLS-Kanal erstellt werden.",
      ...at([...ASK, FORM, CLASS], "bei"),
    ],
    kind: "tls-handshake",
    proved: [],
    likeliest: "tls.version",
    wide: true,
  },
  {
    name: "closed transport stream, in German",
    parts: [
      "exception thrown is - System.Net.WebException: Die zugrunde liegende Verbindung wurde geschlossen: Unbekannter Fehler beim Senden. --->",
      "System.IO.IOException: Fehler bei der Authentifizierung, da die Gegenseite den Transportstream geschlossen hat.",
      ...at(TLS_FRAMES, "bei"),
      "--- Ende der internen Ausnahmestapelüberwachung ---",
      ...at([...ASK, FORM, CLASS], "bei"),
    ],
    kind: "tls-handshake",
    proved: [],
    likeliest: "tls.version",
    wide: true,
  },
  {
    name: "name that does not resolve, in German",
    parts: [
      "exception thrown is = System.Net.WebException: Der Remotename konnte nicht aufgelöst werden: 'acme.okta.com'",
      ...at([...ASK, FORM, CLASS], "bei"),
    ],
    kind: "name-not-resolved",
    proved: [],
    likeliest: "net.dns",
    wide: true,
  },
  {
    name: "no connection, in German",
    parts: [
      "exception thrown is = System.Net.WebException: Die Verbindung mit dem Remoteserver kann nicht hergestellt werden. --->",
      "System.Net.Sockets.SocketException: Ein Verbindungsversuch ist fehlgeschlagen 192.0.2.7:443",
      ...at(
        [
          "System.Net.Sockets.Socket.DoConnect(EndPoint endPointSnapshot, SocketAddress socketAddress)",
          "System.Net.ServicePoint.ConnectSocketInternal(Boolean connectFailure, Socket s4, Socket s6)",
        ],
        "bei",
      ),
      "--- Ende der internen Ausnahmestapelüberwachung ---",
      ...at([...ASK, FORM, CLASS], "bei"),
    ],
    kind: "not-connected",
    proved: [],
    likeliest: "net.refused",
    wide: true,
  },
  {
    name: "nothing but a WebException, in German",
    parts: [
      "exception thrown is = System.Net.WebException: Die zugrunde liegende Verbindung wurde geschlossen.",
      ...at([...ASK, FORM, CLASS], "bei"),
    ],
    kind: "no-answer",
    proved: [],
    likeliest: "tls.version",
  },
];

/** Texts of .NET that the vendor's pages do not print, but its call can throw. */
export const LIKELY: readonly Sample[] = [
  {
    name: "a task that was cancelled, by whomever",
    parts: ["System.Threading.Tasks.TaskCanceledException: A task was canceled.", ...STACK],
    kind: "timed-out",
    proved: [],
    likeliest: "net.timeout",
  },
  web("400", "The remote server returned an error: (400) Bad Request.", "http-400", ["http.unexpected"]),
  web("407", "The remote server returned an error: (407) Proxy Authentication Required.", "http-407", ["net.proxy-auth"]),
  web("429", "The remote server returned an error: (429) Too Many Requests.", "http-429", ["http.rate-limited"]),
  web("500", "The remote server returned an error: (500) Internal Server Error.", "http-500", ["http.server-error"]),
  web("502", "The remote server returned an error: (502) Bad Gateway.", "http-502", ["http.server-error"]),
  web("503", "The remote server returned an error: (503) Server Unavailable.", "http-503", ["http.server-error"]),
  web("504", "The remote server returned an error: (504) Gateway Timeout.", "http-504", ["http.server-error"]),
  web("DNS", "The remote name could not be resolved: 'acme.okta.com'", "name-not-resolved", ["net.dns"]),
  web("connect", "Unable to connect to the remote server", "not-connected", [], "net.refused"),
  web("timeout", "The operation has timed out", "timed-out", ["net.timeout"]),
  {
    name: "trust",
    parts: [
      "exception thrown is = System.Net.WebException: The underlying connection was closed: Could not establish trust relationship for the SSL/TLS secure channel. --->",
      "System.Security.Authentication.AuthenticationException: The remote certificate is invalid according to the validation procedure.",
      ...at([
        "System.Net.Security.SslState.StartSendAuthResetSignal(ProtocolToken message, AsyncProtocolRequest asyncRequest, Exception exception)",
      ]),
      "--- End of inner exception stack trace ---",
      ...STACK,
    ],
    kind: "tls-trust",
    proved: [],
    likeliest: "tls.untrusted",
  },
  {
    name: "no common algorithm, by number",
    parts: [
      "exception thrown is = System.Net.WebException: Die Anfrage wurde abgebrochen: SSL/TLS-Kanal. --->",
      "System.ComponentModel.Win32Exception (0x80090331): Der Client und der Server konnten keine Daten austauschen",
      ...STACK,
    ],
    kind: "tls-handshake",
    proved: ["tls.version"],
  },
  {
    name: "refused connection",
    parts: [
      "exception thrown is = System.Net.WebException: Unable to connect to the remote server --->",
      "System.Net.Sockets.SocketException: No connection could be made because the target machine actively refused it 192.0.2.7:443",
      ...at(["System.Net.Sockets.Socket.DoConnect(EndPoint endPointSnapshot, SocketAddress socketAddress)"]),
      "--- End of inner exception stack trace ---",
      ...STACK,
    ],
    kind: "not-connected",
    proved: ["net.refused"],
  },
  {
    name: "secret of another machine",
    parts: [
      "Exception thrown System.Security.Cryptography.CryptographicException: Key not valid for use in specified state.",
      ...at(["System.Security.Cryptography.ProtectedData.Unprotect(Byte[] encryptedData)", ...DECODING.slice(3)]),
    ],
    kind: "secret-unusable",
    proved: [],
    likeliest: "client.secret-mangled",
  },
  {
    name: "not a URL",
    parts: [
      "exception thrown is = System.UriFormatException: Invalid URI: The hostname could not be parsed.",
      ...at([...ASK.slice(1), FORM, CLASS]),
    ],
    kind: "url-malformed",
    proved: ["url.malformed"],
  },
  {
    name: "401 of HttpClient",
    parts: [
      "exception thrown is = System.Net.Http.HttpRequestException: Der Antwortstatuscode gibt keinen Erfolg an: 401 (Unauthorized).",
      ...at(["System.Net.Http.HttpResponseMessage.EnsureSuccessStatusCode()", ...ASK.slice(1), FORM, CLASS]),
    ],
    kind: "http-401",
    proved: [],
    likeliest: "user.password",
  },
  {
    name: "a fault of its own",
    parts: [
      "exception thrown is = System.NullReferenceException: Object reference not set to an instance of an object.",
      ...at([FORM, CLASS]),
    ],
    kind: "exception-NullReferenceException",
    proved: [],
    likeliest: "agent.fault",
  },
  {
    name: "IDX10653",
    parts: [
      "IDX10653: The encryption algorithm 'HS512' requires a key size of at least '128' bits. Key '…SymmetricSecurityKey, KeyId: '', InternalId: '…'.', is of size: '64'.",
    ],
    kind: "secret-unusable",
    proved: ["client.secret-mangled"],
    wide: true,
  },
  { name: "dialog MFA Bypass", parts: ["showing dialog MFA Bypass"], kind: "dialog-mfa-bypass", proved: [], likeliest: "policy.no-mfa" },
  { name: "dialog Display Failed", parts: ["Display Failed"], kind: "dialog-display-failed", proved: [], likeliest: "client.unknown" },
];

export const SAMPLES: readonly Sample[] = [...VERBATIM, ...TRANSLATED, ...LIKELY];

/** Lines of other products and ordinary lines: none is an incident. */
export const ORDINARY: readonly string[] = [
  "[24-11-2023 09:26:54] [CCredential.cpp:109] Username from provider: user@domain.local",
  "[24-11-2023 09:26:54] [CCredential.cpp:110] Domain from provider: DOMAIN.LOCAL",
  "2017-10-20 14:50:40,983 [1108|29|DEBUG] RemoteLog[NativeLib]: [Credential.cpp:492] Credential::Connect: Processing login for j1@mfa3",
  "2023-03-07 18:16:04\tdebug\t\tServer-Client\tInfo: *CheckUserExists intermediate error code: 70\t0\tMFA",
  "widget shown for user CORP\\alice, flow 2",
  "(401) items in the queue",
  "Exception handling is switched on; no exception so far",
  "reading C:\\new\\reports\\nothing.txt",
  "token minted with HS256 for 3600 s",
  "calling Some.Method.Name(x)",
  "État: vérifié, überprüft, проверено",
  "",
];
