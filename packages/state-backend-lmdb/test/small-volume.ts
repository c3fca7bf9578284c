// A volume that is full soon.

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { temporaryDirectory } from './temporary-environment.js';

/** A small volume of its own; skips the test, telling why, where none can be mounted. */
export function smallVolume(
  context: TestContext,
  sizeBytes: number,
): { readonly path: string; makeReadOnly(): void; resize(sizeBytes: number): void } {
  const path = join(temporaryDirectory(), 'volume');
  mkdirSync(path);
  const mount = (options: string): void =>
    void execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tidemark-test', path], { stdio: 'pipe' });
  try {
    mount(`size=${sizeBytes},mode=777`);
  } catch (error) {
    context.skip(
      `no volume can be mounted here, which needs root and the right to mount: ${String(error).split('\n')[0]}`,
    );
  }
  onTestFinished(() => void execFileSync('umount', ['-l', path], { stdio: 'pipe' }));
  return {
    path,
    makeReadOnly: () => mount('remount,ro'),
    resize: (bytes) => mount(`remount,size=${bytes}`),
  };
}
