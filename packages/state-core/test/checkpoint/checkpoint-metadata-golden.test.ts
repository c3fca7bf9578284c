// The bytes of checkpoint metadata version 1 that are kept for ever. Neither the file nor the content of fullMetadata()
// may change; a new version of the format gets a new file beside this one.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCheckpointMetadata, writeCheckpointMetadata } from '../../src/checkpoint/checkpoint-metadata-format.js';
import { isStateError } from '../../src/error/state-error.js';
import { directoryScope, fullMetadata } from './checkpoint-metadata-fixture.js';

const golden = (): Uint8Array =>
  new Uint8Array(readFileSync(new URL('../golden/checkpoint-metadata-v1.bin', import.meta.url)));

const CORRUPT = ['bytes-truncated', 'checksum-mismatch', 'metadata-invalid'];

function codeOf(bytes: Uint8Array): string {
  try {
    readCheckpointMetadata(bytes, directoryScope);
  } catch (error) {
    return isStateError(error) ? error.code : `not a StateError: ${String(error)}`;
  }
  return 'accepted';
}

describe('checkpoint-metadata-v1.bin', () => {
  it('golden bytes stay readable for ever', () => {
    expect(readCheckpointMetadata(golden(), directoryScope)).toEqual(fullMetadata());
  });

  it('a writer still writes the same bytes', () => {
    const written = Buffer.from(writeCheckpointMetadata(fullMetadata(), directoryScope));
    expect(written.toString('hex')).toBe(Buffer.from(golden()).toString('hex'));
  });

  it('every single bit that flips is detected', () => {
    const bytes = golden();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const at = bit >> 3;
      bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
      expect(CORRUPT, `bit ${bit}`).toContain(codeOf(bytes));
      bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
    }
  });

  it('every cut and every byte too many is detected', () => {
    const bytes = golden();
    for (let length = 0; length < bytes.length; length++) {
      expect(CORRUPT, `${length} bytes`).toContain(codeOf(bytes.subarray(0, length)));
    }
    expect(codeOf(Uint8Array.of(...bytes, 0))).toBe('metadata-invalid');
  });

  it('translated line ends are detected', () => {
    const text = Buffer.from(golden()).toString('latin1');
    for (const translated of [text.replaceAll('\r\n', '\n'), text.replace(/(?<!\r)\n/g, '\r\n')]) {
      expect(codeOf(new Uint8Array(Buffer.from(translated, 'latin1')))).toBe('metadata-invalid');
    }
  });
});
