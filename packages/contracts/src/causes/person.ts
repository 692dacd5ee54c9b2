/** The sentences that a person logging on can read: few, and the same for many causes, so that they tell an attacker nothing (S16). */

/** For everything that concerns the account and its rights, whatever the cause: one sentence. */
export const REFUSED = "You could not be logged on. Please try again, or contact support.";
/** For what will pass by itself and does not hang on who is logging on. */
export const LATER = "The logon could not be checked just now. Please try again in a few minutes, or contact support.";
/** For what somebody has to repair on the machine or in its connection, whoever is logging on. */
export const MACHINE = "This machine cannot check logons at the moment. Please contact support.";
/** For every code that is not right, whether wrong, used, early or late: an observer learns nothing about it (S5). */
export const WRONG_CODE = "That code was not accepted. Please try again with a new code.";
/** The caller appends the seconds from the evidence (S2). */
export const WAIT = "There were too many tries. Please wait before you try again.";
/** Declined, reported, not delivered or not answered: the one at the machine may not be the one with the phone. */
export const PHONE = "Your phone did not approve this logon in time. Please try again, or contact support.";
export const WRONG_KEY = "Your key was not accepted. Please try again, or contact support.";
export const TOO_LONG = "That took too long. Please try again.";
export const LET_IN = "You are logged on without being asked for a code. This has been recorded.";
