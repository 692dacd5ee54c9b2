/** The management API over an org's admin socket, as documented for scripts. */
import http from "node:http";
import { join } from "node:path";

/** `data`: the org's folder. Answers the parsed body; fails loudly with the org's own words. */
export function callOrg(data: string, method: string, path: string, body?: unknown, agent?: http.Agent): Promise<any> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = payload === undefined ? {} : { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const request = http.request(
      { socketPath: join(data, "admin.sock"), method, path, headers, ...(agent ? { agent } : {}) },
      (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(parts).toString();
          if ((response.statusCode ?? 500) >= 300) reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
          else resolve(text === "" ? undefined : JSON.parse(text));
        });
      },
    );
    request.once("error", reject);
    request.end(payload);
  });
}
