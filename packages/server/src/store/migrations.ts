/** The schema as a list of steps, each applied once and whole; written in what SQLite and PostgreSQL both understand. */

export interface Migration {
  version: number;
  name: string;
  statements: readonly string[];
}

/** `{position}` is replaced by the dialect's own way to number rows as they come. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: "found the house",
    statements: [
      `CREATE TABLE meta (key text PRIMARY KEY, value text NOT NULL)`,
      `CREATE TABLE users (
        id text PRIMARY KEY, source text NOT NULL, external_id text NOT NULL, login text NOT NULL, status text NOT NULL, status_since bigint,
        status_by text, profile text NOT NULL, password_hash text, password_changed bigint, role text, created bigint NOT NULL, updated bigint NOT NULL,
        UNIQUE (source, external_id), UNIQUE (source, login))`,
      `CREATE INDEX users_by_login ON users (login, id)`,
      `CREATE TABLE user_names (
        kind text NOT NULL, folded text NOT NULL, user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE, PRIMARY KEY (kind, folded, user_id))`,
      `CREATE INDEX user_names_by_user ON user_names (user_id)`,
      `CREATE TABLE groups (id text PRIMARY KEY, name text NOT NULL, folded text NOT NULL UNIQUE, description text, created bigint NOT NULL)`,
      `CREATE TABLE group_members (
        group_id text NOT NULL REFERENCES groups (id) ON DELETE CASCADE, user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        PRIMARY KEY (group_id, user_id))`,
      `CREATE INDEX group_members_by_user ON group_members (user_id)`,
      `CREATE TABLE apps (
        id text PRIMARY KEY, label text NOT NULL, folded text NOT NULL UNIQUE, status text NOT NULL, name_rules text NOT NULL,
        policy_version bigint NOT NULL, policy text NOT NULL, created bigint NOT NULL)`,
      `CREATE TABLE app_users (
        app_id text NOT NULL REFERENCES apps (id) ON DELETE CASCADE, user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        created bigint NOT NULL, PRIMARY KEY (app_id, user_id))`,
      `CREATE INDEX app_users_by_user ON app_users (user_id)`,
      `CREATE TABLE app_groups (
        app_id text NOT NULL REFERENCES apps (id) ON DELETE CASCADE, group_id text NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
        created bigint NOT NULL, PRIMARY KEY (app_id, group_id))`,
      `CREATE INDEX app_groups_by_group ON app_groups (group_id)`,
      `CREATE TABLE zones (folded text PRIMARY KEY, name text NOT NULL, cidrs text NOT NULL)`,
      `CREATE TABLE hosts (
        id text PRIMARY KEY, app_id text NOT NULL REFERENCES apps (id), name text NOT NULL, platform text NOT NULL, key text NOT NULL,
        status text NOT NULL, status_since bigint, status_by text, generation text NOT NULL, previous_generation text, check_id text, boot_id text,
        version text NOT NULL, armed integer NOT NULL, offset_ms bigint, policy_version bigint, findings text NOT NULL, created bigint NOT NULL,
        last_seen bigint)`,
      `CREATE TABLE host_codes (
        id text PRIMARY KEY, app_id text NOT NULL REFERENCES apps (id) ON DELETE CASCADE, name text, sealed_secret text NOT NULL,
        created bigint NOT NULL, created_by text NOT NULL, expires bigint NOT NULL, used_at bigint)`,
      `CREATE TABLE host_jtis (host_id text NOT NULL, jti text NOT NULL, expires bigint NOT NULL, PRIMARY KEY (host_id, jti))`,
      `CREATE INDEX host_jtis_by_expiry ON host_jtis (expires)`,
      `CREATE TABLE host_names (host_id text NOT NULL, hour bigint NOT NULL, folded text NOT NULL, PRIMARY KEY (host_id, hour, folded))`,
      `CREATE TABLE enrolments (
        id text PRIMARY KEY, user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE, kind text NOT NULL, status text NOT NULL,
        sealed_secret text NOT NULL, digits integer NOT NULL, algorithm text NOT NULL, period integer NOT NULL, drift integer NOT NULL,
        failures integer NOT NULL, next_try_at bigint NOT NULL, created bigint NOT NULL, updated bigint NOT NULL)`,
      `CREATE INDEX enrolments_by_user ON enrolments (user_id)`,
      `CREATE TABLE used_steps (enrolment_id text NOT NULL, step bigint NOT NULL, at bigint NOT NULL, PRIMARY KEY (enrolment_id, step))`,
      `CREATE TABLE transactions (
        id text PRIMARY KEY, token_hash text NOT NULL UNIQUE, version integer NOT NULL, status text NOT NULL, host_id text, app_id text, user_id text,
        reference text, nonce text, logon_hash text, drive text NOT NULL, factors text NOT NULL, rule text, tries integer NOT NULL, last_cause text,
        last_input text, amr text NOT NULL, opened bigint NOT NULL, expires bigint NOT NULL)`,
      `CREATE INDEX transactions_by_expiry ON transactions (expires)`,
      `CREATE TABLE logons (
        host_id text NOT NULL, reference text NOT NULL, app_id text NOT NULL, username text NOT NULL, domain text, user_id text, service text NOT NULL,
        scenario text NOT NULL, address text, started bigint NOT NULL, ended bigint, result text NOT NULL, cause text, told text, rule text,
        amr text NOT NULL, evidence text NOT NULL, PRIMARY KEY (reference, host_id))`,
      `CREATE TABLE logon_reports (
        host_id text NOT NULL, reference text NOT NULL, at bigint NOT NULL, result text NOT NULL, cause text, evidence text NOT NULL)`,
      `CREATE INDEX logon_reports_by_reference ON logon_reports (reference, host_id)`,
      `CREATE TABLE events (
        position {position}, node text NOT NULL, seq bigint NOT NULL, id text NOT NULL UNIQUE, published bigint NOT NULL, type text NOT NULL,
        cause text, reference text, actor_id text NOT NULL, host text, event text NOT NULL, UNIQUE (node, seq))`,
      `CREATE INDEX events_by_reference ON events (reference)`,
      `CREATE INDEX events_by_time ON events (published)`,
      `CREATE TABLE tokens (
        id text PRIMARY KEY, name text NOT NULL, role text NOT NULL, hash text NOT NULL UNIQUE, created bigint NOT NULL, created_by text NOT NULL,
        expires bigint, last_used bigint, revoked bigint)`,
      `CREATE TABLE decision_keys (kid text PRIMARY KEY, public_jwk text NOT NULL, sealed_private text NOT NULL, created bigint NOT NULL)`,
      `CREATE TABLE links (hash text PRIMARY KEY, purpose text NOT NULL, expires bigint NOT NULL)`,
    ],
  },
  {
    version: 2,
    name: "let machines register themselves by client id and secret",
    statements: [
      `CREATE TABLE clients (
        id text PRIMARY KEY, app_id text NOT NULL REFERENCES apps (id) ON DELETE CASCADE, name text NOT NULL, cap integer NOT NULL,
        registered integer NOT NULL, approve integer NOT NULL, version integer NOT NULL, created bigint NOT NULL, created_by text NOT NULL,
        revoked bigint)`,
      `CREATE TABLE client_secrets (
        id text PRIMARY KEY, client_id text NOT NULL REFERENCES clients (id) ON DELETE CASCADE, sealed_secret text NOT NULL,
        created bigint NOT NULL, retires bigint)`,
      `CREATE INDEX client_secrets_by_client ON client_secrets (client_id)`,
      `CREATE TABLE client_nonces (
        client_id text NOT NULL REFERENCES clients (id) ON DELETE CASCADE, nonce text NOT NULL, at bigint NOT NULL, PRIMARY KEY (client_id, nonce))`,
      `ALTER TABLE hosts ADD COLUMN client_id text`,
      `ALTER TABLE hosts ADD COLUMN legacy integer NOT NULL DEFAULT 0`,
      `ALTER TABLE apps ADD COLUMN legacy integer NOT NULL DEFAULT 0`,
    ],
  },
  {
    version: 3,
    name: "keys, checkpoints and restores",
    statements: [
      `ALTER TABLE enrolments ADD COLUMN refused_through bigint NOT NULL DEFAULT -1`,
      `ALTER TABLE hosts ADD COLUMN not_before bigint NOT NULL DEFAULT 0`,
      `ALTER TABLE hosts ADD COLUMN decision_key text`,
      `ALTER TABLE decision_keys ADD COLUMN status text NOT NULL DEFAULT 'current'`,
      `ALTER TABLE decision_keys ADD COLUMN position integer NOT NULL DEFAULT 1`,
      `ALTER TABLE decision_keys ADD COLUMN link text`,
      `ALTER TABLE decision_keys ADD COLUMN in_force bigint`,
      `CREATE TABLE checkpoints (number bigint PRIMARY KEY, at bigint NOT NULL, heads text NOT NULL, signed text NOT NULL)`,
      `CREATE INDEX checkpoints_by_time ON checkpoints (at)`,
      `CREATE INDEX logons_by_start ON logons (started)`,
      `CREATE INDEX logon_reports_by_time ON logon_reports (at)`,
    ],
  },
  {
    version: 4,
    name: "several nodes",
    statements: [`CREATE TABLE leases (name text PRIMARY KEY, holder text NOT NULL, fence bigint NOT NULL, expires bigint NOT NULL)`],
  },
  {
    version: 5,
    name: "people from directories",
    statements: [
      `CREATE TABLE sources (
        name text PRIMARY KEY, kind text NOT NULL, settings text NOT NULL, sealed_secret text NOT NULL, every_minutes integer, brake integer NOT NULL,
        paused integer NOT NULL, sync_cursor text, next_at bigint, created bigint NOT NULL, created_by text NOT NULL)`,
      `CREATE TABLE source_runs (
        id text PRIMARY KEY, source text NOT NULL, kind text NOT NULL, cause text NOT NULL, actor text NOT NULL, status text NOT NULL,
        stage text NOT NULL, done integer NOT NULL, total integer, counts text NOT NULL, problems text NOT NULL, error text, node text NOT NULL,
        started bigint NOT NULL, ended bigint)`,
      `CREATE INDEX source_runs_by_source ON source_runs (source, started, id)`,
      `ALTER TABLE groups ADD COLUMN source text`,
      `ALTER TABLE groups ADD COLUMN external_id text`,
      `ALTER TABLE groups ADD COLUMN rule_attribute text`,
      `ALTER TABLE groups ADD COLUMN rule_value text`,
      `ALTER TABLE groups ADD COLUMN rule_folded text`,
      `CREATE UNIQUE INDEX groups_by_source ON groups (source, external_id)`,
      `CREATE INDEX groups_by_rule ON groups (rule_attribute, rule_folded)`,
      `CREATE TABLE group_groups (
        parent_id text NOT NULL REFERENCES groups (id) ON DELETE CASCADE, child_id text NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
        PRIMARY KEY (parent_id, child_id))`,
      `CREATE INDEX group_groups_by_child ON group_groups (child_id, parent_id)`,
      `CREATE TABLE user_attributes (
        user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE, attribute text NOT NULL, folded text NOT NULL, PRIMARY KEY (user_id, attribute))`,
      `CREATE INDEX user_attributes_by_value ON user_attributes (attribute, folded, user_id)`,
      `ALTER TABLE users ADD COLUMN linked_to text`,
      `CREATE INDEX users_by_link ON users (linked_to)`,
      `ALTER TABLE hosts ADD COLUMN domain text`,
      `ALTER TABLE tokens ADD COLUMN source text`,
      `CREATE TABLE domains (folded text PRIMARY KEY, name text NOT NULL, netbios text, aliases text NOT NULL, source text, created bigint NOT NULL)`,
      `CREATE TABLE duplicates (
        id text PRIMARY KEY, fingerprint text NOT NULL UNIQUE, kind text NOT NULL, folded text NOT NULL, users text NOT NULL, status text NOT NULL,
        found bigint NOT NULL, decision text, decided bigint, decided_by text)`,
      `CREATE INDEX duplicates_by_status ON duplicates (status, id)`,
      `CREATE TABLE recovery_codes (
        enrolment_id text NOT NULL REFERENCES enrolments (id) ON DELETE CASCADE, selector text NOT NULL, hash text NOT NULL, used_at bigint,
        PRIMARY KEY (enrolment_id, selector))`,
      `CREATE TABLE bypass_codes (
        id text PRIMARY KEY, user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        app_id text NOT NULL REFERENCES apps (id) ON DELETE CASCADE, selector text NOT NULL, hash text NOT NULL, reason text NOT NULL,
        created bigint NOT NULL, created_by text NOT NULL, expires bigint NOT NULL, used_at bigint, used_on text, revoked_at bigint,
        UNIQUE (user_id, selector))`,
      `CREATE INDEX bypass_codes_by_expiry ON bypass_codes (expires)`,
    ],
  },
  {
    version: 6,
    name: "all factors, enrolment, sessions",
    statements: [
      `ALTER TABLE enrolments ADD COLUMN name text`,
      `ALTER TABLE enrolments ADD COLUMN handle text`,
      `ALTER TABLE enrolments ADD COLUMN data text NOT NULL DEFAULT '{}'`,
      `ALTER TABLE enrolments ADD COLUMN counter bigint NOT NULL DEFAULT 0`,
      `ALTER TABLE enrolments ADD COLUMN last_used bigint`,
      `CREATE UNIQUE INDEX enrolments_by_handle ON enrolments (handle)`,
      `ALTER TABLE transactions ADD COLUMN challenge_id text`,
      `ALTER TABLE transactions ADD COLUMN enrolling text`,
      `ALTER TABLE transactions ADD COLUMN enrol_proof text`,
      `ALTER TABLE transactions ADD COLUMN ticket_id text`,
      `ALTER TABLE transactions ADD COLUMN offer_more integer NOT NULL DEFAULT 0`,
      `ALTER TABLE transactions ADD COLUMN browser_hash text`,
      `ALTER TABLE transactions ADD COLUMN address text`,
      `ALTER TABLE transactions ADD COLUMN session_until bigint`,
      `ALTER TABLE users ADD COLUMN password_failures integer NOT NULL DEFAULT 0`,
      `ALTER TABLE users ADD COLUMN next_password_at bigint NOT NULL DEFAULT 0`,
      `ALTER TABLE users ADD COLUMN must_change integer NOT NULL DEFAULT 0`,
      `ALTER TABLE transactions ADD COLUMN new_password text`,
      `CREATE TABLE challenges (
        id text PRIMARY KEY, kind text NOT NULL, transaction_id text, enrolment_id text REFERENCES enrolments (id) ON DELETE CASCADE,
        user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE, host_id text, secret text NOT NULL, data text NOT NULL,
        created bigint NOT NULL, expires bigint NOT NULL, answered_at bigint, answer text, seen_at bigint)`,
      `CREATE INDEX challenges_by_secret ON challenges (kind, secret)`,
      `CREATE INDEX challenges_by_user ON challenges (user_id, created)`,
      `CREATE INDEX challenges_by_enrolment ON challenges (enrolment_id, expires)`,
      `CREATE INDEX challenges_by_transaction ON challenges (transaction_id)`,
      `CREATE INDEX challenges_by_expiry ON challenges (expires)`,
      `CREATE TABLE tickets (
        id text PRIMARY KEY, user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE, selector text, hash text, created bigint NOT NULL,
        created_by text NOT NULL, expires bigint NOT NULL, used_at bigint, revoked_at bigint, confirmed_at bigint, confirmed_by text,
        failures integer NOT NULL, next_try_at bigint NOT NULL, UNIQUE (user_id, selector))`,
      `CREATE INDEX tickets_by_expiry ON tickets (expires)`,
      `CREATE TABLE outbox (
        id text PRIMARY KEY, kind text NOT NULL, about text NOT NULL, sealed text NOT NULL, created bigint NOT NULL, expires bigint NOT NULL,
        next_at bigint NOT NULL, tries integer NOT NULL, done_at bigint, error text)`,
      `CREATE INDEX outbox_by_next ON outbox (done_at, next_at)`,
      `CREATE INDEX outbox_by_expiry ON outbox (expires)`,
      `CREATE TABLE sessions (
        id text PRIMARY KEY, token_hash text NOT NULL UNIQUE, user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE, amr text NOT NULL,
        created bigint NOT NULL, last_seen bigint NOT NULL, expires bigint NOT NULL, factor_at bigint NOT NULL, user_agent text NOT NULL,
        address text NOT NULL, revoked_at bigint)`,
      `CREATE INDEX logons_by_user ON logons (user_id, started)`,
      `CREATE INDEX sessions_by_user ON sessions (user_id, expires)`,
      `CREATE INDEX sessions_by_expiry ON sessions (expires)`,
      `CREATE TABLE settings (
        name text PRIMARY KEY, document text NOT NULL, sealed_secret text NOT NULL, updated bigint NOT NULL, updated_by text NOT NULL)`,
      `CREATE TABLE push_stops (
        id text PRIMARY KEY, user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE, scope text NOT NULL, host_id text, address text,
        challenge_id text NOT NULL, created bigint NOT NULL, lifted_at bigint, lifted_by text)`,
      `CREATE INDEX push_stops_by_user ON push_stops (user_id, lifted_at)`,
      `CREATE TABLE send_caps (
        user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE, kind text NOT NULL, at1 bigint NOT NULL, at2 bigint NOT NULL,
        at3 bigint NOT NULL, at4 bigint NOT NULL, at5 bigint NOT NULL, PRIMARY KEY (user_id, kind))`,
    ],
  },
  { version: 7, name: "step-up", statements: [`ALTER TABLE transactions ADD COLUMN session_id text`] },
];

/** The newest schema that this code knows. */
export const SCHEMA_VERSION = MIGRATIONS.at(-1)?.version ?? 0;
