/** Wakes the phone up: a push says nothing but *look*, so the notification says no more, and a page that is open looks at once. */

interface Waiting {
  waitUntil(work: Promise<unknown>): void;
}
interface WindowClient {
  url: string;
  focus(): Promise<unknown>;
  postMessage(message: unknown): void;
}
/** What this file needs of a service worker; the types of the DOM know only pages. */
interface Worker {
  registration: { showNotification(title: string, options: object): Promise<void> };
  clients: { matchAll(query: object): Promise<WindowClient[]>; openWindow(url: string): Promise<unknown>; claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate" | "push", listener: (event: Waiting) => void): void;
  addEventListener(type: "notificationclick", listener: (event: Waiting & { notification: { close(): void } }) => void): void;
}

const worker = self as unknown as Worker;
const PAGE = "/phone";
const TEXTS = {
  en: { title: "A logon waits for you", body: "Open to see which one." },
  de: { title: "Eine Anmeldung wartet auf Sie", body: "Öffnen Sie die App, um sie zu sehen." },
};

worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("push", (event) => event.waitUntil(wake()));
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show());
});

async function wake(): Promise<void> {
  for (const client of await pages()) client.postMessage({ look: true });
  const text = navigator.language.startsWith("de") ? TEXTS.de : TEXTS.en;
  // One notification, however many logons wait: the page lists them.
  await worker.registration.showNotification(text.title, {
    body: text.body,
    tag: "look",
    icon: "/phone/icon-192.png",
    badge: "/phone/icon-192.png",
  });
}

async function show(): Promise<void> {
  const [open] = await pages();
  await (open ? open.focus() : worker.clients.openWindow(PAGE));
}

async function pages(): Promise<WindowClient[]> {
  const all = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  return all.filter(({ url }) => new URL(url).pathname === PAGE);
}
