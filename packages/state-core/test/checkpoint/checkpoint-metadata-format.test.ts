import { describe, expect, it } from 'vitest';
import { checksum32 } from '../../src/bytes/checksum.js';
import type { CheckpointMetadata, OperatorState } from '../../src/checkpoint/checkpoint-metadata.js';
import { readCheckpointMetadata, writeCheckpointMetadata } from '../../src/checkpoint/checkpoint-metadata-format.js';
import { isStateError } from '../../src/error/state-error.js';
import type { KeyedStateHandle } from '../../src/handle/keyed-state-handle.js';
import { directoryScope, fullMetadata } from './checkpoint-metadata-fixture.js';

// biome-ignore lint/suspicious/noExplicitAny: JSON that the tests forge has no type.
type Plain = any;

function roundTrip(metadata: CheckpointMetadata): CheckpointMetadata {
  return readCheckpointMetadata(writeCheckpointMetadata(metadata, directoryScope), directoryScope);
}

function bareMetadata(overrides: Partial<CheckpointMetadata> = {}): CheckpointMetadata {
  return { ...fullMetadata(), operators: [], masterStates: [], ...overrides };
}

function withKeyed(handle: KeyedStateHandle): CheckpointMetadata {
  const subtasks = [{ subtaskIndex: 0, keyed: [handle], operator: [], rawKeyed: [], rawOperator: [] }];
  return bareMetadata({ operators: [{ uid: 'op', parallelism: 1, maxParallelism: handle.maxParallelism, subtasks }] });
}

/** The bytes with their JSON changed and everything else made to fit: only the check of the content can refuse them. */
function forged(change: (json: Plain) => unknown): Uint8Array {
  const bytes = writeCheckpointMetadata(fullMetadata(), directoryScope);
  const data = new DataView(bytes.buffer, bytes.byteOffset);
  const jsonLength = data.getUint32(12);
  const json: Plain = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + jsonLength)));
  const changed = change(json);
  const text = typeof changed === 'string' ? changed : JSON.stringify(changed ?? json);
  return frame(new TextEncoder().encode(text), bytes.subarray(20 + jsonLength, bytes.length - 4));
}

function frame(json: Uint8Array, blobs: Uint8Array, version = 1, flags = 0): Uint8Array {
  const bytes = new Uint8Array(20 + json.length + blobs.length + 4);
  const data = new DataView(bytes.buffer);
  bytes.set([0x89, 0x54, 0x44, 0x4d, 0x0d, 0x0a, 0x1a, 0x0a]);
  data.setUint16(8, version);
  data.setUint16(10, flags);
  data.setUint32(12, json.length);
  data.setUint32(16, blobs.length);
  bytes.set(json, 20);
  bytes.set(blobs, 20 + json.length);
  data.setUint32(bytes.length - 4, checksum32(bytes, 0, 0, bytes.length - 4));
  return bytes;
}

describe('checkpoint metadata, written and read', () => {
  it('gives back everything', () => {
    expect(roundTrip(fullMetadata())).toEqual(fullMetadata());
  });

  it('writes equal bytes for equal content', () => {
    const reordered = JSON.parse(JSON.stringify(fullMetadata().properties));
    const twisted = { ...fullMetadata(), properties: Object.fromEntries(Object.entries(reordered).reverse()) as never };
    expect(writeCheckpointMetadata(twisted, directoryScope)).toEqual(
      writeCheckpointMetadata(fullMetadata(), directoryScope),
    );
  });

  it('stores a segment that two handles name once, and gives both the same object', () => {
    const [subtask0, subtask1] = roundTrip(fullMetadata()).operators[0]?.subtasks ?? [];
    expect(subtask1?.keyed[0]?.segments[0]).toBe(subtask0?.keyed[0]?.segments[0]);
  });

  it('stores references, not locations', () => {
    const text = new TextDecoder().decode(writeCheckpointMetadata(fullMetadata(), directoryScope));
    expect(text).not.toContain('file:///');
    expect(text).toContain('"reference":"shared/a.seg"');
  });

  it.each([1, 2, 3, 4, 5])('MetadataV3SerializerTest.testCheckpointWithOnlyMasterState: %i master states', (count) => {
    const masterStates = Array.from({ length: count }, (_, index) => ({
      name: `state ${index}`,
      version: index * 1000 - 1,
      bytes: Uint8Array.from({ length: index * 7 }, (_byte, at) => at * 31),
    }));
    expect(roundTrip(bareMetadata({ masterStates })).masterStates).toEqual(masterStates);
  });

  it('MetadataV3SerializerTest.testSerializeKeyGroupsStateHandle: range [0,123], bytes in line', () => {
    const handle: KeyedStateHandle = {
      kind: 'key-groups',
      handleId: 'handle',
      keyGroupRange: { first: 0, last: 123 },
      maxParallelism: 128,
      segments: [
        {
          uid: '0'.repeat(32),
          stream: { kind: 'byte-stream', name: 'test', bytes: Uint8Array.of(1, 2, 3, 4) },
          lengthBytes: 4,
          checksum: 0,
          checkpointId: 9,
          scope: 'exclusive',
        },
      ],
      chainStarts: [{ first: 0, last: 123, segment: 0 }],
    };
    expect(roundTrip(withKeyed(handle)).operators[0]?.subtasks[0]?.keyed).toEqual([handle]);
  });

  it('MetadataV4SerializerTest.testSerializeProperties: those of a savepoint', () => {
    const properties = {
      snapshotKind: 'savepoint' as const,
      discardOnSubsumed: false,
      discardOnFinished: false,
      discardOnCancelled: false,
      discardOnFailed: false,
      discardOnSuspended: false,
    };
    expect(roundTrip(bareMetadata({ properties })).properties).toEqual(properties);
  });

  it('MetadataV5SerializerTest.testSerializeOperatorUidAndName: both come back', () => {
    const operator: OperatorState = { uid: 'uid', name: 'name', parallelism: 1, maxParallelism: 128, subtasks: [] };
    expect(roundTrip(bareMetadata({ operators: [operator] })).operators).toEqual([operator]);
  });

  it.each([
    ['MetadataV5SerializerTest.testSerializeOperatorNameWithEmptyValue', { uid: 'uid', name: '' }, /\.name is empty/],
    ['MetadataV5SerializerTest.testSerializeOperatorUidWithEmptyValue', { uid: '', name: 'name' }, /\.uid is empty/],
  ])('%s: an empty one is refused by the writer', (_name, fields, message) => {
    const operator: OperatorState = { parallelism: 1, maxParallelism: 128, subtasks: [], ...fields };
    expect(() => writeCheckpointMetadata(bareMetadata({ operators: [operator] }), directoryScope)).toThrow(TypeError);
    expect(() => writeCheckpointMetadata(bareMetadata({ operators: [operator] }), directoryScope)).toThrow(message);
  });

  it('CheckpointMetadataLoadingTest.testAllStateRestored: an id beyond 32 bits and the largest parallelism', () => {
    const operator: OperatorState = { uid: 'op', parallelism: 32_768, maxParallelism: 32_768, subtasks: [] };
    const loaded = roundTrip(bareMetadata({ checkpointId: 2_147_606_770, operators: [operator], jobId: 'job' }));
    expect(loaded).toMatchObject({ jobId: 'job', checkpointId: 2_147_606_770, operators: [operator] });
  });

  it('keeps text with lone surrogates and names that mean something to JavaScript', () => {
    const operator: OperatorState = {
      uid: '__proto__',
      name: 'a\ud800b',
      parallelism: 1,
      maxParallelism: 1,
      subtasks: [],
    };
    const masterStates = [{ name: 'constructor', version: 0, bytes: Uint8Array.of() }];
    const loaded = roundTrip(bareMetadata({ operators: [operator], masterStates }));
    expect(loaded.operators[0]?.name).toBe('a\ud800b');
    expect(loaded.masterStates).toEqual(masterStates);
  });

  it('keeps neither the bytes it was given nor an alias of them', () => {
    const bytes = Buffer.from(writeCheckpointMetadata(fullMetadata(), directoryScope));
    const metadata = readCheckpointMetadata(bytes, directoryScope);
    bytes.fill(0);
    expect(metadata).toEqual(fullMetadata());
  });

  it('refuses to write what could not be read', () => {
    const { operators } = fullMetadata();
    const twice = bareMetadata({ operators: [...operators, ...operators] });
    expect(() => writeCheckpointMetadata(twice, directoryScope)).toThrow(/operators\[2\] has the uid "route-delay"/);
    expect(() => writeCheckpointMetadata(bareMetadata({ checkpointId: 0 }), directoryScope)).toThrow(TypeError);
  });

  it('keeps facts of later versions, wherever they may stand', () => {
    const stranger = { surprise: { of: ['a', 'later', 'version'] } };
    const bytes = forged((json) => {
      const [operator] = json.operators;
      const [subtask] = operator.subtasks;
      const owners = [
        json,
        operator,
        subtask.keyed[0],
        subtask.operator[0],
        subtask.rawKeyed[0],
        subtask.rawOperator[0],
      ];
      for (const owner of owners) owner.optional = { ...owner.optional, ...stranger };
    });
    const read = readCheckpointMetadata(bytes, directoryScope);
    const again = readCheckpointMetadata(writeCheckpointMetadata(read, directoryScope), directoryScope);
    expect(again).toEqual(read);
    const [operator] = again.operators;
    const subtask = operator?.subtasks[0];
    const owners = [
      again,
      operator,
      subtask?.keyed[0],
      subtask?.operator[0],
      subtask?.rawKeyed[0],
      subtask?.rawOperator[0],
    ];
    for (const owner of owners) expect(owner?.optional).toMatchObject(stranger);
    expect(again.optional).toMatchObject({ coordinatorEpoch: 4 });
  });

  it('refuses to write optional facts that are no plain JSON', () => {
    const cycle: Plain = {};
    cycle.cycle = cycle;
    for (const optional of [cycle, { a: Number.NaN }, { a: undefined }, { a: () => {} }, { a: 1n }, [] as Plain]) {
      expect(() => writeCheckpointMetadata(bareMetadata({ optional }), directoryScope)).toThrow(TypeError);
    }
  });

  it('refuses two segments with one uid', () => {
    const metadata: Plain = fullMetadata();
    metadata.operators[0].subtasks[1].keyed[0].segments = [
      { ...metadata.operators[0].subtasks[1].keyed[0].segments[0], checksum: 1 },
    ];
    expect(() => writeCheckpointMetadata(metadata, directoryScope)).toThrow(/two different segments have the uid/);
  });

  it('refuses a handle that metadata at this place may not name', () => {
    const metadata: Plain = fullMetadata();
    metadata.operators[0].coordinator = { kind: 'file', location: 'file:///elsewhere/x', sizeBytes: 1 };
    expect(() => writeCheckpointMetadata(metadata, directoryScope)).toThrow(
      expect.objectContaining({ code: 'path-not-allowed' }),
    );
  });
});

describe('checkpoint metadata that was damaged or forged', () => {
  it('tells another version and unknown flags from damage', () => {
    const empty = new TextEncoder().encode('{}');
    expect(codeOf(() => readCheckpointMetadata(frame(empty, new Uint8Array(0), 2), directoryScope))).toBe(
      'format-version-unsupported',
    );
    expect(codeOf(() => readCheckpointMetadata(frame(empty, new Uint8Array(0), 1, 4), directoryScope))).toBe(
      'format-version-unsupported',
    );
  });

  it('claims no memory for lengths that the bytes do not have', () => {
    const bytes = frame(new Uint8Array(0), new Uint8Array(0));
    new DataView(bytes.buffer).setUint32(12, 0xffffffff);
    new DataView(bytes.buffer).setUint32(16, 0xffffffff);
    expect(codeOf(() => readCheckpointMetadata(bytes, directoryScope))).toBe('bytes-truncated');
  });

  it.each<[string, (json: Plain) => unknown]>([
    ['not an object', () => []],
    ['not JSON', () => '{'],
    ['a nesting without end', () => '['.repeat(1_000_000)],
    [
      'an unknown field',
      (json) => {
        json.surprise = 1;
      },
    ],
    [
      'an unknown field of a keyed handle',
      (json) => {
        json.operators[0].subtasks[0].keyed[0].surprise = 1;
      },
    ],
    [
      'segments of a handle that descend by checkpoint',
      (json) => {
        json.operators[0].subtasks[0].keyed[0].segments.reverse();
      },
    ],
    [
      'a segment of a later checkpoint than the handle',
      (json) => {
        json.operators[0].subtasks[0].keyed[0].checkpointId = 8;
        json.operators[0].subtasks[0].keyed[0].baseCheckpointId = 7;
      },
    ],
    [
      'an exclusive segment of an earlier checkpoint',
      (json) => {
        json.segments[0].scope = 'exclusive';
      },
    ],
    [
      'a segment with key groups that the operator does not have',
      (json) => {
        json.segments[1].keyGroupRange.last = 8;
      },
    ],
    [
      'a segment with a range turned round',
      (json) => {
        json.segments[1].keyGroupRange.first = 4;
      },
    ],
    [
      'a clock outside the key groups of the handle',
      (json) => {
        json.operators[0].subtasks[0].keyed[0].ttlClocks[1][0] = 4;
      },
    ],
    [
      'clocks that descend',
      (json) => {
        json.operators[0].subtasks[0].keyed[0].ttlClocks.reverse();
      },
    ],
    [
      'a clock of three parts',
      (json) => {
        json.operators[0].subtasks[0].keyed[0].ttlClocks[0].push(1);
      },
    ],
    [
      'a clock that is no time',
      (json) => {
        json.operators[0].subtasks[0].keyed[0].ttlClocks[0][1] = 0.5;
      },
    ],
    [
      'optional facts that are a list',
      (json) => {
        json.optional = [];
      },
    ],
    [
      'optional facts nested without end',
      (json) => {
        json.optional = { deep: JSON.parse('['.repeat(300) + ']'.repeat(300)) };
      },
    ],
    ['optional facts beyond all numbers', (json) => JSON.stringify(json).replace('12345', '1e400')],
    [
      'a field named __proto__',
      (json) => JSON.stringify(json).replace('{"attachment"', '{"__proto__":{"polluted":true},"attachment"'),
    ],
    [
      'a missing field',
      (json) => {
        delete json.jobId;
      },
    ],
    [
      'an id that is text',
      (json) => {
        json.checkpointId = '9';
      },
    ],
    [
      'an id beyond 53 bits',
      (json) => {
        json.checkpointId = 2 ** 60;
      },
    ],
    [
      'an id of 0',
      (json) => {
        json.checkpointId = 0;
      },
    ],
    [
      'a parent that is not before',
      (json) => {
        json.lineage.parent = { epoch: 3, checkpointId: 9 };
      },
    ],
    [
      'a time that is none',
      (json) => {
        json.timestampMs = 1e300;
      },
    ],
    [
      'a property that is no boolean',
      (json) => {
        json.properties.discardOnFailed = 0;
      },
    ],
    [
      'an unknown kind of snapshot',
      (json) => {
        json.properties.snapshotKind = 'toString';
      },
    ],
    [
      'an operator twice',
      (json) => {
        json.operators[1].uid = 'route-delay';
      },
    ],
    [
      'a parallelism above the max parallelism',
      (json) => {
        json.operators[0].parallelism = 9;
      },
    ],
    [
      'a max parallelism above all',
      (json) => {
        json.operators[1].maxParallelism = 32_769;
      },
    ],
    [
      'a subtask twice',
      (json) => {
        json.operators[0].subtasks[1].subtaskIndex = 0;
      },
    ],
    [
      'a subtask beyond the parallelism',
      (json) => {
        json.operators[0].subtasks[1].subtaskIndex = 2;
      },
    ],
    [
      'a key group beyond the max parallelism',
      (json) => {
        json.operators[0].subtasks[1].keyed[0].last = 8;
      },
    ],
    [
      'a range turned round',
      (json) => {
        json.operators[0].subtasks[1].keyed[0].first = 5;
      },
    ],
    [
      'a key group in two handles',
      (json) => {
        json.operators[0].subtasks[1].keyed[0].first = 3;
      },
    ],
    [
      'another max parallelism in a handle',
      (json) => {
        json.operators[0].subtasks[0].keyed[0].maxParallelism = 16;
      },
    ],
    [
      'a chain start outside its range',
      (json) => {
        json.operators[0].subtasks[0].keyed[0].chainStarts[1].last = 4;
      },
    ],
    [
      'chain starts that overlap',
      (json) => {
        json.operators[0].subtasks[0].keyed[0].chainStarts[0].last = 3;
      },
    ],
    [
      'a chain start beyond the segments',
      (json) => {
        json.operators[0].subtasks[0].keyed[0].chainStarts[0].segment = 2;
      },
    ],
    [
      'a segment that is not listed',
      (json) => {
        json.operators[0].subtasks[0].keyed[0].segments[0] = 7;
      },
    ],
    [
      'a segment twice in a handle',
      (json) => {
        json.operators[0].subtasks[0].keyed[0].segments = [0, 0];
      },
    ],
    [
      'two segments with one uid',
      (json) => {
        json.segments[1].uid = json.segments[0].uid;
      },
    ],
    [
      'a uid that is none',
      (json) => {
        json.segments[1].uid = 'xyz';
      },
    ],
    [
      'a segment longer than its stream',
      (json) => {
        json.segments[0].lengthBytes = 4097;
      },
    ],
    [
      'a checksum beyond 32 bits',
      (json) => {
        json.segments[0].checksum = 2 ** 32;
      },
    ],
    [
      'an unknown scope',
      (json) => {
        json.segments[0].scope = 'public';
      },
    ],
    [
      'an unknown kind of stream',
      (json) => {
        json.segments[0].stream.kind = 'socket';
      },
    ],
    [
      'a size below -1',
      (json) => {
        json.segments[0].stream.sizeBytes = -2;
      },
    ],
    [
      'a base that is not before',
      (json) => {
        json.operators[0].subtasks[0].keyed[0].baseCheckpointId = 9;
      },
    ],
    [
      'digests for other key groups',
      (json) => {
        json.operators[0].subtasks[1].keyed[0].last = 5;
      },
    ],
    [
      'a state name twice',
      (json) => {
        json.operators[0].subtasks[0].operator[0].states[1].name = 'buffered';
      },
    ],
    [
      'a position beyond the stream',
      (json) => {
        json.operators[0].subtasks[0].operator[0].stream.sizeBytes = 498;
      },
    ],
    [
      'a broadcast state with other than one position',
      (json) => {
        json.operators[0].subtasks[0].operator[0].states[0].mode = 'BROADCAST';
      },
    ],
    [
      'a raw position beyond the stream',
      (json) => {
        json.operators[0].subtasks[0].rawKeyed[0].stream.sizeBytes = 16;
      },
    ],
    [
      'raw positions for other key groups',
      (json) => {
        json.operators[0].subtasks[0].rawKeyed[0].last = 4;
      },
    ],
    [
      'more positions than bytes',
      (json) => {
        json.operators[0].subtasks[0].operator[0].states[0].offsets.count = 1e15;
      },
    ],
    [
      'fewer positions than bytes',
      (json) => {
        json.operators[0].subtasks[0].operator[0].states[0].offsets.count = 1;
      },
    ],
    [
      'blobs that overlap',
      (json) => {
        json.attachment.bytes.offset -= 1;
      },
    ],
    [
      'a blob beyond the area',
      (json) => {
        json.attachment.bytes.length = 2;
      },
    ],
    [
      'a blob area not used up',
      (json) => {
        delete json.attachment;
      },
    ],
    [
      'a schema without a type',
      (json) => {
        json.attachment.serializer = { version: 1 };
      },
    ],
    [
      'a schema nested without end',
      (json) => {
        json.attachment.serializer.parameters = JSON.parse('['.repeat(300) + ']'.repeat(300));
      },
    ],
  ])('refuses %s', (_what, change) => {
    const bytes = forged(change);
    expect(codeOf(() => readCheckpointMetadata(bytes, directoryScope))).toBe('metadata-invalid');
    expect(({} as Plain).polluted).toBeUndefined();
  });

  it('says where', () => {
    const bytes = forged((json) => {
      json.operators[0].subtasks[1].keyed[0].last = 8;
    });
    expect(() => readCheckpointMetadata(bytes, directoryScope)).toThrow(
      /\$\.operators\[0\]\.subtasks\[1\]\.keyed\[0\]\.last is 8, not an integer from 4 to 7; restore from another checkpoint/,
    );
  });

  it('refuses references that leave the snapshot', () => {
    for (const reference of ['/etc/passwd', '../../other/shared/x', 'shared/../../x']) {
      const bytes = forged((json) => {
        json.segments[0].stream.reference = reference;
      });
      expect(codeOf(() => readCheckpointMetadata(bytes, directoryScope))).toBe('path-not-allowed');
    }
  });

  it('refuses JSON that is not UTF-8', () => {
    const bytes = frame(Uint8Array.of(0x22, 0xff, 0x22), new Uint8Array(0));
    expect(codeOf(() => readCheckpointMetadata(bytes, directoryScope))).toBe('metadata-invalid');
  });
});

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return isStateError(error) ? error.code : `not a StateError: ${String(error)}`;
  }
  return 'accepted';
}
