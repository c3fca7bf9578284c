// Cases that no mutant is listed for, and why.

/** Reasons by id; a test holds that they are those of all such cases. */
export const CASES_WITHOUT_MUTANT: Readonly<Record<string, string>> = {
  'KS-SCAN-06':
    'the store that the mutants are made of has no visits; keyed-store-conformance.test.ts has a fault that it finds',
  'KSB-INCREMENT-10': 'what grows for ever is right all the same: a fault would show in memory alone',
};
