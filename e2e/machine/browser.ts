/** A real Chromium for the stories: an own profile each, its network kept to itself, an authenticator made of software where a story needs a key. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, type CDPSession, chromium, type Page } from "playwright-core";

/** What keeps Chromium from calling anybody, and lets it run as root. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long a story waits for what a page must show at once, ms: the machine may be busy with ten other things. */
export const SOON_MS = 90_000;

export interface Browser {
  context: BrowserContext;
  close(): Promise<void>;
}

/**
 * @param width of the window, CSS pixels: 360 is a phone.
 * @param trusted base64 SHA-256 of the SPKI of a certificate that is good whoever issued it: passkeys take no page whose certificate is not.
 */
export async function startBrowser({
  width = 1280,
  height = 900,
  locale = "en-GB",
  ignoreHTTPSErrors = false,
  trusted = "",
} = {}): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), "sallyport-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    headless: true,
    args: trusted === "" ? QUIET : [...QUIET, `--ignore-certificate-errors-spki-list=${trusted}`],
    viewport: { width, height },
    locale,
    ignoreHTTPSErrors,
  });
  context.setDefaultTimeout(SOON_MS);
  return {
    context,
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** What CDP calls an authenticator; see the WebAuthn domain of the Chrome DevTools Protocol. */
export interface Authenticator {
  cdp: CDPSession;
  id: string;
}

/** A CTAP2 authenticator of software, as good as a key that is plugged in: presence and verification are given at once. */
export async function addAuthenticator(
  page: Page,
  { userVerified = true, transport = "usb" as "usb" | "internal" } = {},
): Promise<Authenticator> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport,
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: userVerified,
      automaticPresenceSimulation: true,
    },
  });
  return { cdp, id: authenticatorId };
}
