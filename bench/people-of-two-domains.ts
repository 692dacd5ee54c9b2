/** 100,000 people of two domains, written past the server in one statement a table: the same on SQLite and PostgreSQL. */

/** Person N is `personN` of CORP or LAB, with a principal name and an address; one in fifty shares the account name with the one before. */
const PERSON = `n, CASE WHEN n % 50 = 1 THEN n - 1 ELSE n END AS sam, CASE WHEN n % 2 = 0 THEN 'CORP' ELSE 'LAB' END AS domain`;

/** Statements that fill an org with `count` people, all of them assigned to the app. @param series a table `people (n)` of the dialect. */
export function peopleOfTwoDomains(series: string, app: string): string[] {
  const rows = `(SELECT ${PERSON} FROM (${series}) AS numbers) AS people`;
  const id = `'usr_many' || n`;
  const profile = `'{"login":"person' || n || '@' || lower(domain) || '.test","samAccountName":"person' || sam || '","domain":"' || domain
    || '","userPrincipalName":"person' || n || '@' || lower(domain) || '.test","email":"person' || n || '@mail.test"}'`;
  const name = (kind: string, text: string, where = "") =>
    `INSERT INTO user_names (kind, folded, user_id) SELECT '${kind}', ${text}, ${id} FROM ${rows} ${where}`;
  return [
    `INSERT INTO users (id, source, external_id, login, status, profile, created, updated)
      SELECT ${id}, 'ad', 'x' || n, 'person' || n || '@' || lower(domain) || '.test', 'ACTIVE', ${profile}, n, n FROM ${rows}`,
    name("login", `'person' || n || '@' || lower(domain) || '.test'`),
    name("userPrincipalName", `'person' || n || '@' || lower(domain) || '.test'`),
    name("email", `'person' || n || '@mail.test'`),
    name("email-local-part", `'person' || n`),
    name("domain-sam", `lower(domain) || '\\person' || sam`),
    // Who was here first keeps the short name.
    name("samAccountName", `'person' || sam`, "WHERE sam = n"),
    `INSERT INTO app_users (app_id, user_id, created) SELECT '${app}', ${id}, 1 FROM ${rows}`,
    `INSERT INTO domains (folded, name, netbios, aliases, created) VALUES ('corp.test', 'corp.test', 'CORP', '["old-corp"]', 1),
      ('lab.test', 'lab.test', 'LAB', '[]', 1)`,
  ];
}

export const SERIES = {
  sqlite: (count: number) => `WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${count}) SELECT n FROM s`,
  postgres: (count: number) => `SELECT n FROM generate_series(1, ${count}) AS s(n)`,
};
