/** Okta's auth-js for Node.js as it is published: a client of the org, and the refusals it reads. */
import { createRequire } from "node:module";
import { LOCAL_URL, type Someone } from "../machine/local-org.ts";

/** Loaded at run time: the checks of the whole project run without the packages of this folder. */
const { OktaAuth } = createRequire(import.meta.url)("@okta/okta-auth-js");

/** @param headers that it sends with each call, such as a browser's cookies. */
export const newClient = (headers: Record<string, string> = {}): any => new OktaAuth({ issuer: LOCAL_URL, headers });

/** Name and password, as a page would send them. */
export const signIn = (client: any, { login, password }: Someone, options?: object): Promise<any> =>
  client.signInWithCredentials({ username: login, password, ...(options ? { options } : {}) });

/** Of the factors of a transaction the one of this kind. */
export function factorOf(transaction: any, factorType: string): any {
  const found = transaction.factors.find((one: any) => one.factorType === factorType);
  if (!found) throw new Error(`no ${factorType} among ${transaction.factors.map((one: any) => one.factorType)}`);
  return found;
}

export interface AuthRefusal {
  status: number;
  errorCode: string;
  causes: string[];
}

/** The refusal of a call that must not go well. */
export async function refusedCall(call: Promise<unknown>): Promise<AuthRefusal> {
  try {
    await call;
  } catch (error: any) {
    if (error?.name !== "AuthApiError") throw error;
    return { status: error.xhr.status, errorCode: error.errorCode, causes: error.errorCauses.map((one: any) => one.errorSummary) };
  }
  throw new Error("the call was not refused");
}
