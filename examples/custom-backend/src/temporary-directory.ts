// A directory for files that nobody else opens and that need not outlive the process.
//
//   TD1. Its name is random: two stores never share one, whatever their jobs are called.
//   TD2. Where the system lets go of the names of open files, it does so at once, and nothing is left even after a kill.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Made with the first letters `tidemark-sqlite-`, readable by its owner alone. */
export class TemporaryDirectory {
  readonly path: string;

  /** @throws the error of the file system. */
  constructor(parent: string) {
    mkdirSync(parent, { recursive: true });
    this.path = mkdtempSync(join(parent, 'tidemark-sqlite-'));
  }

  /** Takes the names away. Called when the files are open, and once more when they are closed: Windows waits for that. */
  remove(): void {
    try {
      rmSync(this.path, { recursive: true, force: true });
    } catch {
      // Files that are open cannot be removed here; the second call does it.
    }
  }
}
