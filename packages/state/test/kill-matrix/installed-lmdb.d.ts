// What of lmdb is stepped through. Only a bundle knows where it is installed.

declare module 'installed-lmdb' {
  export interface InstalledDatabase {
    put: (...given: unknown[]) => unknown;
    remove: (...given: unknown[]) => unknown;
  }
  export interface InstalledRoot {
    openDB: (settings: unknown) => InstalledDatabase;
    transactionSync: (write: () => unknown) => unknown;
    close: () => unknown;
    readonly env: { commitTxn: () => unknown };
  }
  export function open(options: unknown): InstalledRoot;
}
