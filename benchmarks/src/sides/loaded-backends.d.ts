// The state backends of the workspace by name; run.mjs makes this module when it bundles a side.

declare module 'workspace-state-backends' {
  /** Imports a package `@tidemark/state-backend-<name>`. */
  export const importStateBackend: (specifier: string) => Promise<unknown>;
}
