// Cases that no mutant is listed for, and why.

/** Reasons by id; a test holds that they are those of all such cases. */
export const CASES_WITHOUT_MUTANT: Readonly<Record<string, string>> = {
  'KSB-INCREMENT-10': 'what grows for ever is right all the same: a fault would show in memory alone',
};
