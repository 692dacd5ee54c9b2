/** What the flows need of the stored typed codes beside TOTP: recovery codes of an enrolment, and bypass codes of a user. */

export interface RecoveryCodeRow {
  enrolmentId: string;
  /** First group of the code; unique in its set. */
  selector: string;
  /** PHC text of argon2id over the rest (S11). It stays after the use, so that a used code can be told from a wrong one. */
  hash: string;
  usedAt: number | null;
}

export interface RecoveryCodesStore {
  insert(codes: RecoveryCodeRow[]): Promise<void>;
  find(enrolmentId: string, selector: string): Promise<RecoveryCodeRow | undefined>;
  selectors(enrolmentId: string): Promise<string[]>;
  /** How many of a set were not used. */
  remaining(enrolmentId: string): Promise<number>;
  /** Single use (S4): true the first time, and only while its enrolment is ACTIVE. One statement. */
  consume(enrolmentId: string, selector: string, now: number): Promise<boolean>;
  /** The whole set. */
  remove(enrolmentId: string): Promise<void>;
}

export interface BypassCodeRow {
  id: string;
  userId: string;
  appId: string;
  /** First group of the code; unique for its user. */
  selector: string;
  /** As of a recovery code. */
  hash: string;
  reason: string;
  created: number;
  createdBy: string;
  expires: number;
  usedAt: number | null;
  /** Reference of the logon that used it. */
  usedOn: string | null;
  revokedAt: number | null;
}

export interface BypassCodesStore {
  insert(code: BypassCodeRow): Promise<void>;
  byId(id: string): Promise<BypassCodeRow | undefined>;
  find(userId: string, selector: string): Promise<BypassCodeRow | undefined>;
  /** Newest first; those that ended are forgotten some time later. */
  ofUser(userId: string): Promise<BypassCodeRow[]>;
  /** Single use (S4): true the first time, before its end, while nobody has withdrawn it. One statement. */
  consume(id: string, now: number, usedOn: string | null): Promise<boolean>;
  /** True if it was open until now. One statement. */
  revoke(id: string, now: number): Promise<boolean>;
}
