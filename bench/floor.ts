/** The floor: what two bare requests over TLS cost with an ES256 check, a durable commit and, at the end, an ES256 signature. */
import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { DatabaseSync } from "node:sqlite";

const [folder = "", port = "0"] = process.argv.slice(2);
const db = new DatabaseSync(`${folder}/floor.db`);
db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS rows (id text PRIMARY KEY, body text)");
const insert = db.prepare("INSERT OR REPLACE INTO rows VALUES (?, ?)");
const key = readFileSync(`${folder}/tls.key`);
const hostKey: KeyObject = createPublicKey(readFileSync(`${folder}/host.pub`));

let waiting: { id: string; body: string; done: () => void }[] = [];
/** Commits of one turn of the event loop share one transaction, as any server would that wants both speed and durability. */
function commit(id: string, body: string): Promise<void> {
  return new Promise((done) => {
    if (waiting.length === 0) setImmediate(flush);
    waiting.push({ id, body, done });
  });
}

function flush(): void {
  const batch = waiting;
  waiting = [];
  db.exec("BEGIN IMMEDIATE");
  for (const { id, body } of batch) insert.run(id, body);
  db.exec("COMMIT");
  for (const { done } of batch) done();
}

const server = createServer({ key, cert: readFileSync(`${folder}/tls.pem`) }, (request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", async () => {
    const body = Buffer.concat(parts);
    const [head = "", claims = "", signature = ""] = (request.headers.authorization ?? "").slice(7).split(".");
    const good = verify(
      "sha256",
      Buffer.from(`${head}.${claims}`),
      { key: hostKey, dsaEncoding: "ieee-p1363" },
      Buffer.from(signature, "base64url"),
    );
    if (!good) return void response.writeHead(401).end();
    await commit(createHash("sha256").update(claims).digest("hex"), body.toString());
    const last = request.url === "/verify";
    const answer = last ? sign("sha256", body, { key, dsaEncoding: "ieee-p1363" }).toString("base64url") : "open";
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ answer }));
  });
});
server.listen(Number(port), "127.0.0.1", () => process.stdout.write("listening\n"));
