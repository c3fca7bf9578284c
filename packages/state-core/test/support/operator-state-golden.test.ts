// The bytes of operator state version 1 that are kept for ever. Neither the file nor what is written here may change; a
// new version of the format gets a new file beside this one.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isStateError } from '../../src/error/state-error.js';
import type { OperatorStateHandle } from '../../src/handle/operator-state-handle.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import { ListStateDescriptor, MapStateDescriptor } from '../../src/state/state-descriptor.js';
import { OperatorStateContent } from '../../src/support/operator-state-format.js';
import { createOperatorStateBackend, snapshotContext } from './operator-state-fixture.js';

const golden = (): Uint8Array =>
  new Uint8Array(readFileSync(new URL('../golden/operator-state-v1.bin', import.meta.url)));

const buffered = new ListStateDescriptor('buffered', { type: string });
const union = new ListStateDescriptor('offsets', { type: struct({ partition: int32, topic: string }) });
const rules = new MapStateDescriptor('rules', { key: string, value: int32 });
const empty = new ListStateDescriptor('empty', { type: int32 });

const CHECKSUM = 1_109_510_523;

function goldenHandle(bytes: Uint8Array): OperatorStateHandle {
  return {
    kind: 'operator',
    stream: { kind: 'byte-stream', name: 'golden', bytes },
    states: [
      { name: 'buffered', mode: 'SPLIT_DISTRIBUTE', offsets: [12, 15, 22] },
      { name: 'offsets', mode: 'UNION', offsets: [24] },
      { name: 'rules', mode: 'BROADCAST', offsets: [31] },
      { name: 'empty', mode: 'SPLIT_DISTRIBUTE', offsets: [] },
    ],
    checksum: CHECKSUM,
  };
}

async function writeGolden(): Promise<OperatorStateHandle> {
  const backend = await createOperatorStateBackend();
  backend.getListState(buffered).update(['a', 'fünf', '']);
  backend.getUnionListState(union).update([{ partition: 7, topic: 't' }]);
  backend.getBroadcastState(rules).putAll([
    ['x', 1],
    ['', -1],
  ]);
  backend.getListState(empty);
  const { jobManagerOwned } = await backend.snapshot(snapshotContext(undefined, { checkpointId: 5 })).write();
  return jobManagerOwned ?? expect.fail('no handle');
}

function codeOf(bytes: Uint8Array): string {
  try {
    OperatorStateContent.open(bytes, CHECKSUM);
  } catch (error) {
    return isStateError(error) ? error.code : `not a StateError: ${String(error)}`;
  }
  return 'accepted';
}

describe('operator-state-v1.bin', () => {
  it('golden bytes stay readable for ever', async () => {
    const backend = await createOperatorStateBackend([goldenHandle(golden())]);
    expect([...backend.getListState(buffered).get()]).toEqual(['a', 'fünf', '']);
    expect([...backend.getUnionListState(union).get()]).toEqual([{ partition: 7, topic: 't' }]);
    expect([...backend.getBroadcastState(rules)]).toEqual([
      ['x', 1],
      ['', -1],
    ]);
    expect([...backend.getListState(empty).get()]).toEqual([]);
  });

  it('a writer still writes the same bytes and the same handle', async () => {
    const written = await writeGolden();
    const bytes = written.stream.kind === 'byte-stream' ? written.stream.bytes : expect.fail('not in line');
    expect(Buffer.from(bytes).toString('hex')).toBe(Buffer.from(golden()).toString('hex'));
    expect({ ...written, stream: goldenHandle(bytes).stream }).toEqual(goldenHandle(bytes));
  });

  it('every single bit that flips is detected', () => {
    const bytes = golden();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const at = bit >> 3;
      bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
      expect(['checksum-mismatch', 'snapshot-invalid'], `bit ${bit}`).toContain(codeOf(bytes));
      bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
    }
  });

  it('every cut and every byte too many is detected', () => {
    const bytes = golden();
    for (let length = 0; length < bytes.length; length++) {
      expect(['bytes-truncated', 'checksum-mismatch'], `${length} bytes`).toContain(codeOf(bytes.subarray(0, length)));
    }
    expect(codeOf(Uint8Array.of(...bytes, 0))).toBe('checksum-mismatch');
  });
});
