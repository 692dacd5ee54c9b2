/** What stops a command: one sentence for the person at the terminal, exit code 1, no stack. */
export class Complaint extends Error {
  readonly details: Record<string, unknown>;
  constructor(sentence: string, details: Record<string, unknown> = {}) {
    super(sentence);
    this.name = "Complaint";
    this.details = details;
  }
}
