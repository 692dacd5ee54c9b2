/** How a sample of the other product's log is made: its message, the frames of its stack, and what it must be read as. */

export interface Sample {
  name: string;
  /** Message, then the stack; parts are joined by what the test chooses. */
  parts: string[];
  kind: string;
  /** Causes that the sample proves by itself; every other one is a candidate. */
  proved: string[];
  /** The first candidate, where nothing is proved. */
  likeliest?: string;
  /** The message holds letters that ASCII does not have. */
  wide?: boolean;
}

export const FORM = "OktaWidget.OktaWidgetForm..ctor(String username, Int64 parent, Int64 widgetFlow)";
export const CLASS = "OktaWidget.OktaWidgetClass.displayWidget(Int64 parent, String username, Int64 flow)";
export const OLD_FORM = "OktaWidget.OktaWidgetForm..ctor(String username, Int64 parent, Boolean doMfaChallenge)";
export const OLD_CLASS = "OktaWidget.OktaWidgetClass.displayWidget(Int64 parent, String username)";
export const ASK = ["System.Net.HttpWebRequest.GetResponse()", "OktaWidget.JwtService.GetStateTokenUsingJwt(String username)"];
export const at = (frames: string[], word = "at") => frames.map((frame) => `${word} ${frame}`);
export const STACK = at([...ASK, FORM, CLASS]);

export const status = (name: string, text: string, kind: string, likeliest: string, word = "at", wide = false): Sample => ({
  name,
  parts: [`exception thrown is = System.Net.WebException: ${text}`, ...at([...ASK, FORM, CLASS], word)],
  kind,
  proved: [],
  likeliest,
  ...(wide ? { wide } : {}),
});

export const DECODING = [
  "System.Convert.FromBase64_Decode(Char* startInputPtr, Int32 inputLength, Byte* startDestPtr, Int32 destLength)",
  "System.Convert.FromBase64CharPtr(Char* inputPtr, Int32 inputLength)",
  "System.Convert.FromBase64String(String s)",
  "OktaWidget.SecurityService.unencryptData(String encryptedText)",
  "OktaWidget.JwtService.MintToken(String username)",
  "OktaWidget.JwtService.GetStateTokenUsingJwt(String username)",
  FORM,
  CLASS,
];

export const TLS_FRAMES = [
  "System.Net.Security.SslState.StartReadFrame (Byte[] buffer, Int32 readBytes, AsyncProtocolRequest asyncRequest)",
  "System.Net.Security.SslState.StartReceiveBlob(Byte[] buffer, AsyncProtocolRequest asyncRequest)",
  "System.Net.TlsStream.ProcessAuthentication(LazyAsyncResult result)",
  "System.Net.TlsStream.Write(Byte[] buffer, Int32 offset, Int32 size)",
  "System.Net.PooledStream.Write(Byte[] buffer, Int32 offset, Int32 size)",
  "System.Net.ConnectStream.WritHeaders (Boolean async)",
];

export const handshake = (name: string, line: string, proved: string[] = []): Sample => ({
  name,
  parts: [line],
  kind: "tls-handshake",
  proved,
  ...(proved.length === 0 ? { likeliest: "tls.version" } : {}),
});

export const web = (name: string, text: string, kind: string, proved: string[], likeliest?: string): Sample => ({
  name,
  parts: [`exception thrown is = System.Net.WebException: ${text}`, ...STACK],
  kind,
  proved,
  ...(likeliest === undefined ? {} : { likeliest }),
});
