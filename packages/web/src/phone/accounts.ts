/** The accounts of this phone, kept in IndexedDB: each with a key that this browser made and that no script can read out. */

export interface Account {
  /** RFC 7638 thumbprint of its key. */
  device: string;
  user: string;
  name: string | null;
  key: CryptoKey;
  /** Each yes asks for the owner of the phone. */
  verifier: boolean;
}

const DATABASE = "sallyport-phone";
const STORE = "accounts";

export async function listAccounts(): Promise<Account[]> {
  return run("readonly", (store) => store.getAll() as IDBRequest<Account[]>);
}

export async function keepAccount(account: Account): Promise<void> {
  await run("readwrite", (store) => store.put(account));
}

export async function dropAccount(device: string): Promise<void> {
  await run("readwrite", (store) => store.delete(device));
}

/** What was written is on the disk when the promise settles. */
async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  try {
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const request = work(transaction.objectStore(STORE));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
    return request.result;
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  return new Promise((resolve, reject) => {
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "device" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
