/** The tables, as types for the statement builder. Times are epoch ms; JSON is text; ids are random text. */
export interface Schema {
  meta: { key: string; value: string };
  users: {
    id: string; source: string; external_id: string; login: string; status: string; status_since: number | null; status_by: string | null;
    profile: string; password_hash: string | null; password_changed: number | null; role: string | null; created: number; updated: number;
  };
  user_names: { kind: string; folded: string; user_id: string };
  groups: { id: string; name: string; folded: string; description: string | null; created: number };
  group_members: { group_id: string; user_id: string };
  apps: { id: string; label: string; folded: string; status: string; name_rules: string; policy_version: number; policy: string; created: number };
  app_users: { app_id: string; user_id: string; created: number };
  app_groups: { app_id: string; group_id: string; created: number };
  zones: { folded: string; name: string; cidrs: string };
  hosts: {
    id: string; app_id: string; name: string; platform: string; key: string; status: string; status_since: number | null; status_by: string | null;
    generation: string; previous_generation: string | null; check_id: string | null; boot_id: string | null; version: string; armed: number;
    offset_ms: number | null; policy_version: number | null; findings: string; created: number; last_seen: number | null;
  };
  host_codes: {
    id: string; app_id: string; name: string | null; sealed_secret: string; created: number; created_by: string; expires: number; used_at: number | null;
  };
  host_jtis: { host_id: string; jti: string; expires: number };
  host_names: { host_id: string; hour: number; folded: string };
  enrolments: {
    id: string; user_id: string; kind: string; status: string; sealed_secret: string; digits: number; algorithm: string; period: number; drift: number;
    failures: number; next_try_at: number; created: number; updated: number;
  };
  used_steps: { enrolment_id: string; step: number; at: number };
  transactions: {
    id: string; token_hash: string; version: number; status: string; host_id: string | null; app_id: string | null; user_id: string | null;
    reference: string | null; nonce: string | null; logon_hash: string | null; drive: string; factors: string; rule: string | null; tries: number;
    last_cause: string | null; last_input: string | null; amr: string; opened: number; expires: number;
  };
  logons: {
    host_id: string; reference: string; app_id: string; username: string; domain: string | null; user_id: string | null; service: string;
    scenario: string; address: string | null; started: number; ended: number | null; result: string; cause: string | null; told: string | null;
    rule: string | null; amr: string; evidence: string;
  };
  logon_reports: { host_id: string; reference: string; at: number; result: string; cause: string | null; evidence: string };
  events: {
    position: number; node: string; seq: number; id: string; published: number; type: string; cause: string | null; reference: string | null;
    actor_id: string; host: string | null; event: string;
  };
  tokens: {
    id: string; name: string; role: string; hash: string; created: number; created_by: string; expires: number | null; last_used: number | null;
    revoked: number | null;
  };
  decision_keys: { kid: string; public_jwk: string; sealed_private: string; created: number };
  links: { hash: string; purpose: string; expires: number };
}
