/** The tables of what waits for an answer, is to be sent, or lets a browser in, as types for the statement builder. */
export interface RequestTables {
  challenges: {
    id: string;
    kind: string;
    transaction_id: string | null;
    enrolment_id: string | null;
    user_id: string;
    host_id: string | null;
    secret: string;
    data: string;
    created: number;
    expires: number;
    answered_at: number | null;
    answer: string | null;
    seen_at: number | null;
  };
  tickets: {
    id: string;
    user_id: string;
    selector: string | null;
    hash: string | null;
    created: number;
    created_by: string;
    expires: number;
    used_at: number | null;
    revoked_at: number | null;
    confirmed_at: number | null;
    confirmed_by: string | null;
    failures: number;
    next_try_at: number;
  };
  outbox: {
    id: string;
    kind: string;
    about: string;
    sealed: string;
    created: number;
    expires: number;
    next_at: number;
    tries: number;
    done_at: number | null;
    error: string | null;
  };
  /** When the last five of a kind were taken for a user, newest first. */
  send_caps: { user_id: string; kind: string; at1: number; at2: number; at3: number; at4: number; at5: number };
  push_stops: {
    id: string;
    user_id: string;
    scope: string;
    host_id: string | null;
    address: string | null;
    challenge_id: string;
    created: number;
    lifted_at: number | null;
    lifted_by: string | null;
  };
  sessions: {
    id: string;
    token_hash: string;
    user_id: string;
    amr: string;
    created: number;
    last_seen: number;
    expires: number;
    factor_at: number;
    user_agent: string;
    address: string;
    revoked_at: number | null;
  };
  settings: {
    name: string;
    document: string;
    sealed_secret: string;
    updated: number;
    updated_by: string;
  };
}
