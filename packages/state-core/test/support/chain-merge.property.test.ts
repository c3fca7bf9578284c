// A chain that is merged says what the same chain says that is folded, damage included.

import { testRuns } from '@tidemark/config/test-runs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isStateError } from '../../src/error/state-error.js';
import { RecordCursor } from '../../src/snapshot-format/record-cursor.js';
import { RecordOrder } from '../../src/snapshot-format/record-order.js';
import type { RawBlock } from '../../src/snapshot-format/segment-contract.js';
import type { StateSchema } from '../../src/snapshot-format/segment-header.js';
import { type ChainMerge, openChainMerge } from '../../src/support/chain-merge.js';
import { foldRawChain } from '../../src/support/fold-raw-chain.js';
import type { RestoredChain, RestoredLink } from '../../src/support/restored-keyed-state.js';
import { writeRecords } from '../snapshot-format/golden-segments.js';
import {
  compareRecords,
  contentCodec,
  contentHeader,
  contentStates,
  hasNamespace,
} from '../snapshot-format/segment-content.js';
import {
  blocksOf,
  type DecodedRecord,
  openSegment,
  stateErrorOf,
  VOID_NAMESPACE,
  writeSegment,
} from '../snapshot-format/segment-fixture.js';

interface Step {
  readonly key: number;
  readonly mapKey: number;
  readonly roll: number;
  readonly stampMs: number;
}

interface Written {
  readonly schema: number;
  readonly blockRecords: number;
  readonly steps: readonly Step[];
}

const chains: fc.Arbitrary<readonly Written[]> = fc.array(
  fc.record({
    schema: fc.nat(2),
    blockRecords: fc.integer({ min: 1, max: 6 }),
    steps: fc.uniqueArray(
      fc.record({
        key: fc.nat(12),
        mapKey: fc.nat(2),
        roll: fc.nat(11),
        stampMs: fc.maxSafeInteger(),
      }),
      { maxLength: 20, selector: ({ key, mapKey }) => `${key}/${mapKey}` },
    ),
  }),
  { minLength: 1, maxLength: 6 },
);

/** Three schemas: the last has its time from another clock where there is one. */
function schemasOf(schema: StateSchema): readonly StateSchema[] {
  const second = { ...schema, value: { ...schema.value, parameters: { version: 1 } } };
  return [schema, second, schema.ttl ? { ...schema, ttlTime: 'event' } : { ...second, value: { ...second.value } }];
}

function recordsOf(schema: StateSchema, steps: readonly Step[], serial: { next: number }): DecodedRecord[] {
  const namespace = hasNamespace(schema) ? 'n' : VOID_NAMESPACE;
  const isMap = schema.kind === 'map';
  const used = steps.filter((step, index) => isMap || steps.findIndex(({ key }) => key === step.key) === index);
  return used
    .map(({ key: number, mapKey: mapNumber, roll, stampMs }): DecodedRecord => {
      const [key, mapKey] = [`k${number}`, isMap ? `m${mapNumber}` : undefined];
      if (roll === 0) return ['delete', key, namespace, mapKey];
      if (roll === 1 && schema.ttl) return ['touch', key, namespace, mapKey, stampMs];
      return ['put', key, namespace, mapKey, `v${serial.next++}`, schema.ttl ? stampMs : undefined];
    })
    .sort(compareRecords(schema));
}

async function linkOf(
  schema: StateSchema,
  records: readonly DecodedRecord[],
  blockRecords: number,
): Promise<RestoredLink> {
  const segment = await writeSegment({ ...contentHeader, states: [schema] }, async (writer) => {
    writer.startState(0, schema.id, contentCodec(schema));
    for (const [index, record] of records.entries()) {
      writeRecords(writer, [record], schema.mapKey !== undefined);
      if ((index + 1) % blockRecords === 0) await writer.endBlock();
    }
    await writer.endBlock();
  });
  return { schema, blocks: await blocksOf(await openSegment(segment)) };
}

function opened(chain: RestoredChain): ChainMerge | undefined {
  const work = openChainMerge(chain);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** An entry as text: schema, stamp, address and value. */
function entryOf(schema: StateSchema, cursor: RecordCursor, stampMs: number | undefined): string {
  const { bytes, keyStart, namespaceEnd, hasMapKey, mapKeyEnd, valueStart, valueEnd } = cursor;
  const address = Buffer.from(bytes.subarray(keyStart - 1, hasMapKey ? mapKeyEnd : namespaceEnd)).toString('hex');
  const value = Buffer.from(bytes.subarray(valueStart, valueEnd)).toString('hex');
  return JSON.stringify([address, schema.value.parameters ?? null, schema.ttlTime ?? null, stampMs ?? null, value]);
}

function folded(chain: RestoredChain): string[] {
  return foldRawChain(chain).flatMap(({ schema, blocks }) =>
    blocks.flatMap(({ payload }) => {
      const entries: string[] = [];
      const cursor = new RecordCursor(payload);
      while (cursor.next()) entries.push(entryOf(schema, cursor, schema.ttl ? cursor.timestampMs : undefined));
      return entries;
    }),
  );
}

function merged(merge: ChainMerge): string[] {
  const entries: string[] = [];
  const order = new RecordOrder();
  while (merge.next()) {
    const { cursor, schema } = merge;
    expect(order.accepts(cursor)).toBe(true);
    entries.push(entryOf(schema, cursor, schema.ttl ? merge.stampMs : undefined));
  }
  expect(merge.next()).toBe(false);
  return entries;
}

/** What is left, or what is wrong. */
function outcomeOf(entries: () => string[]): unknown {
  try {
    return entries().sort();
  } catch (error) {
    if (!isStateError(error)) throw error;
    return [error.code, error.message];
  }
}

const withoutLists = contentStates.filter(({ kind }) => kind !== 'list');

test.each(withoutLists.map((schema) => [schema.name, schema] as const))(
  'a chain of state %s that is merged says what it says when it is folded',
  async (_, state) => {
    const schemas = schemasOf(state);
    await fc.assert(
      fc.asyncProperty(chains, async (written) => {
        const serial = { next: 0 };
        const chain: RestoredLink[] = [];
        for (const { schema: version, steps, blockRecords } of written) {
          const schema = schemas[version] as StateSchema;
          const link = await linkOf(schema, recordsOf(schema, steps, serial), blockRecords);
          if (link.blocks.length > 0) chain.push(link);
        }
        const merge = opened(chain);
        expect(merge).toBeDefined();
        expect(outcomeOf(() => merged(merge as ChainMerge))).toEqual(outcomeOf(() => folded(chain)));
      }),
      { numRuns: testRuns(150) },
    );
  },
);

const [values, , lists, , maps] = contentStates as [StateSchema, StateSchema, StateSchema, StateSchema, StateSchema];
const put = (key: string): DecodedRecord => ['put', key, VOID_NAMESPACE, undefined, 'v', undefined];

test('CM1: what does not ascend throughout a link is not merged', async () => {
  const [first, second] = [await linkOf(values, [put('b')], 9), await linkOf(values, [put('a')], 9)];
  const descending: RestoredLink = { schema: values, blocks: [...first.blocks, ...second.blocks] };
  expect(opened([descending])).toBeUndefined();
  expect(opened([first, descending])).toBeUndefined();
  expect(opened([first, second])).toBeDefined();
  const twice: RestoredLink = { schema: values, blocks: [...first.blocks, ...first.blocks] };
  expect(opened([twice])).toBeUndefined();
});

test.each<[string, StateSchema, DecodedRecord]>([
  ['RESET', values, ['reset']],
  ['CLEAR', maps, ['clear', 'a', VOID_NAMESPACE]],
  ['SPLICE', lists, ['splice', 'a', 'n', 0, ['x'], undefined]],
])('CM1: a chain with %s is not merged', async (_, schema, record) => {
  expect(opened([await linkOf(schema, [record], 9)])).toBeUndefined();
});

test('CM1: what calls itself an image and deletes something is left to whoever reports it', async () => {
  const link = await linkOf(values, [['delete', 'a', VOID_NAMESPACE, undefined]], 9);
  expect(opened([link])).toBeDefined();
  expect(opened([{ ...link, isImage: true }])).toBeUndefined();
});

test('CM2: bytes that are no records are found before the first entry', async () => {
  const link = await linkOf(values, [put('a'), put('b')], 1);
  const [first, last] = link.blocks as [RawBlock, RawBlock];
  const cut = { ...last, payload: last.payload.subarray(0, 4) };
  const error = await stateErrorOf(() => opened([{ ...link, blocks: [first, cut] }]));
  expect(error.code).toBe('bytes-truncated');
  expect(error.message).toContain("state 'value' in key group 0");
});

test('nothing is an empty merge', () => {
  const merge = opened([]) as ChainMerge;
  expect(() => merge.schema).toThrow(/no entry/);
  expect(merge.next()).toBe(false);
});
