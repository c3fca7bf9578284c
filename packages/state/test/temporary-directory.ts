// A directory that is gone when the test is over.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Makes a fresh directory; removes it after the test. The name has a space and a percent sign in it, as users' have. */
export function temporaryDirectory(prefix: string = 'tidemark 100% '): string {
  const directory = mkdtempSync(join(tmpdir(), prefix));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
