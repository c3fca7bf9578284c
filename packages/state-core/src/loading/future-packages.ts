// The packages of ours that are named in documents and defaults, and do not exist yet.
//
// Owns: what to say instead of a command that would install nothing. A package that is installed all the same is used.

/** What is said of a package that is not part of this version. */
export interface FuturePackage {
  /** The version of Tidemark that has no such package. */
  readonly absentFrom: string;
  /** The line of configuration to write meanwhile. */
  readonly meanwhile: string;
}

const FUTURE_PACKAGES: ReadonlyMap<string, FuturePackage> = new Map<string, FuturePackage>([
  ['@tidemark/state-backend-lmdb', { absentFrom: '0.1', meanwhile: 'state.backend: hashmap' }],
]);

/** What is known of a package that does not exist yet, or `undefined` for every other. */
export function futurePackageOf(packageName: string): FuturePackage | undefined {
  return FUTURE_PACKAGES.get(packageName);
}
