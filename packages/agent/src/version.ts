/** The agent's version, as the org sees it in enrolment and self-checks. */
export const AGENT_VERSION = "0.1.0";
