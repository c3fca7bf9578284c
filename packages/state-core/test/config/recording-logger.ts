// A logger that remembers what it was told.

import type { StateLogger } from '../../src/ambient/logger.js';

export interface RecordingLogger extends StateLogger {
  /** `code: message` of each warning, in order. */
  readonly warnings: string[];
  readonly infos: string[];
}

export function recordingLogger(): RecordingLogger {
  const warnings: string[] = [];
  const infos: string[] = [];
  return {
    warnings,
    infos,
    warn: (code, message) => void warnings.push(`${code}: ${message}`),
    info: (code, message) => void infos.push(`${code}: ${message}`),
  };
}
