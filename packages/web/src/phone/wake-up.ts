/** Lets the push service of this browser wake the phone up; without it, requests show while the page is open. */
import type { PhoneAccountView } from "@sallyport/contracts";
import { fromBase64Url } from "../shown/bytes.ts";
import type { Account } from "./accounts.ts";
import { signedCall } from "./signed-call.ts";

const WORKER = "/service-worker.js";

/** The worker is there as soon as the page is: it also says when something came. @param onWake something may be open. */
export async function startWorker(onWake: () => void): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", onWake);
  await navigator.serviceWorker.register(WORKER, { scope: "/phone" }).catch(() => undefined);
}

export function canWake(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

/** `refused`: the person said no to notifications. `failed`: the browser or the org did not go along. */
export async function subscribe(accounts: readonly Account[], vapidKey: string): Promise<"on" | "refused" | "failed"> {
  if ((await Notification.requestPermission()) !== "granted") return "refused";
  const registration = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: fromBase64Url(vapidKey) };
  const made = await registration.pushManager.subscribe(options).catch(() => undefined);
  const { endpoint, keys } = made?.toJSON() ?? {};
  if (endpoint === undefined || keys === undefined) return "failed";
  const subscription = { endpoint, keys: { p256dh: keys["p256dh"], auth: keys["auth"] } };
  const answers = await Promise.all(accounts.map((one) => signedCall<PhoneAccountView>("subscribe", one, { subscription })));
  return answers.every(({ ok }) => ok) ? "on" : "failed";
}
