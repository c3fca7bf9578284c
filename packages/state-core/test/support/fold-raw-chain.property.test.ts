// Any chain that writers may write, folded, against a model that applies it entry by entry.

import { testRuns } from '@tidemark/config/test-runs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { serializeToBytes } from '../../src/serialization/key-bytes.js';
import { string } from '../../src/serialization/string-serializer.js';
import { digestOfBlocks, digestOfEntries, type LogicalEntry } from '../../src/snapshot-format/logical-digest.js';
import type { RawBlock } from '../../src/snapshot-format/segment-contract.js';
import type { StateSchema } from '../../src/snapshot-format/segment-header.js';
import { foldRawChain, RawChainFold } from '../../src/support/fold-raw-chain.js';
import type { RestoredLink } from '../../src/support/restored-keyed-state.js';
import { writeRecords } from '../snapshot-format/golden-segments.js';
import {
  compareRecords,
  contentCodec,
  contentHeader,
  contentStates,
  encodedAddress,
  hasNamespace,
} from '../snapshot-format/segment-content.js';
import {
  blocksOf,
  type DecodedRecord,
  openSegment,
  recordsOf,
  stateErrorOf,
  VOID_NAMESPACE,
  writeSegment,
} from '../snapshot-format/segment-fixture.js';

/** A value, and what it was written under. */
interface Held {
  readonly schema: number;
  readonly value: string;
  stampMs: number | undefined;
}

interface Step {
  readonly key: number;
  readonly mapKey: number;
  readonly choice: number;
  readonly size: number;
  readonly stampMs: number;
}

interface Written {
  readonly schema: number;
  readonly resets: boolean;
  readonly steps: readonly Step[];
  readonly blockRecords: number;
}

/** What a state is, by address; everything but a list is one element. */
type Model = Map<string, { readonly key: string; readonly mapKey: string | undefined; readonly held: Held[] }>;

const step: fc.Arbitrary<Step> = fc.record({
  key: fc.nat(4),
  mapKey: fc.nat(3),
  choice: fc.nat(9),
  size: fc.nat(6),
  // Room for elements a little older.
  stampMs: fc.integer({ min: Number.MIN_SAFE_INTEGER + 10, max: Number.MAX_SAFE_INTEGER }),
});
const chainOf = (schemas: number): fc.Arbitrary<readonly Written[]> =>
  fc.array(
    fc.record({
      schema: fc.nat(schemas - 1),
      resets: fc.nat(7).map((roll) => roll === 0),
      steps: fc.array(step, { maxLength: 12 }),
      blockRecords: fc.integer({ min: 1, max: 6 }),
    }),
    { minLength: 1, maxLength: 6 },
  );

const inNamespace = (schema: StateSchema): unknown => (hasNamespace(schema) ? 'n' : VOID_NAMESPACE);
const ttlOf = (schema: StateSchema, stampMs: number): number | undefined => (schema.ttl ? stampMs : undefined);

/** The records of a link, and the model after it. Whatever the steps ask for, the records are valid after the model. */
function recordsOfLink(schema: StateSchema, written: Written, model: Model, serial: { next: number }): DecodedRecord[] {
  const records: DecodedRecord[] = [];
  const done = new Set<string>();
  const hidden = new Set<string>();
  if (written.resets) {
    model.clear();
    records.push(['reset']);
  }
  const fresh = (stampMs: number): Held => ({
    schema: written.schema,
    value: `v${serial.next++}`,
    stampMs: ttlOf(schema, stampMs),
  });
  for (const { key: keyNumber, mapKey: mapKeyNumber, choice, size, stampMs } of written.steps) {
    const key = `k${keyNumber}`;
    const namespace = inNamespace(schema);
    const mapKey = schema.kind === 'map' ? `m${mapKeyNumber}` : undefined;
    const address = `${key}/${mapKey}`;
    if (done.has(address)) continue;
    const held = model.get(address)?.held ?? [];
    if (schema.kind === 'list') {
      done.add(address);
      let elements = held;
      if (choice === 0) {
        elements = [];
        records.push(['clear', key, namespace]);
        if (size === 0) {
          model.delete(address);
          continue;
        }
      } else if (choice < 4 && held.length > 0) {
        const count = 1 + (size % held.length);
        elements = held.slice(count);
        records.push(['trim', key, namespace, count]);
      }
      if (choice < 8) {
        const from = choice % 2 === 0 ? elements.length : size % (elements.length + 1);
        const added = Array.from({ length: (size + choice) % 4 }, (_, index) => fresh(stampMs - index));
        elements = [...elements.slice(0, from), ...added];
        const stamps = schema.ttl ? added.map((element) => element.stampMs as number) : undefined;
        records.push(['splice', key, namespace, from, added.map(({ value }) => value), stamps]);
      }
      if (elements.length === 0) model.delete(address);
      else model.set(address, { key, mapKey, held: elements });
      continue;
    }
    if (
      schema.kind === 'map' &&
      choice === 0 &&
      !hidden.has(key) &&
      ![...done].some((at) => at.startsWith(`${key}/`))
    ) {
      hidden.add(key);
      records.push(['clear', key, namespace]);
      for (const [at, entry] of model) if (entry.key === key) model.delete(at);
      continue;
    }
    done.add(address);
    if (choice === 1) {
      records.push(['delete', key, namespace, mapKey]);
      model.delete(address);
    } else if (choice < 4 && schema.ttl && held[0]?.schema === written.schema) {
      records.push(['touch', key, namespace, mapKey, stampMs]);
      model.set(address, { key, mapKey, held: [{ ...held[0], stampMs }] });
    } else {
      const entry = fresh(stampMs);
      records.push(['put', key, namespace, mapKey, entry.value, entry.stampMs]);
      model.set(address, { key, mapKey, held: [entry] });
    }
  }
  return records;
}

/** Writes records as a segment of an incremental backend would have them, and reads the blocks back. */
async function linkOf(
  schema: StateSchema,
  records: readonly DecodedRecord[],
  blockRecords: number,
): Promise<RestoredLink> {
  const hides = ([op]: DecodedRecord): boolean => op === 'reset' || op === 'clear';
  const byAddress = compareRecords(schema);
  const parts = [records.filter(hides), records.filter((record) => !hides(record))];
  const segment = await writeSegment({ ...contentHeader, states: [schema] }, async (writer) => {
    writer.startState(0, schema.id, contentCodec(schema));
    for (const part of parts) {
      let count = 0;
      // A TRIM stays in front of the SPLICE of its list: the sort is stable.
      for (const record of part.toSorted(byAddress)) {
        writeRecords(writer, [record], schema.mapKey !== undefined);
        if (++count % blockRecords === 0) await writer.endBlock();
      }
      await writer.endBlock();
    }
  });
  return { schema, blocks: await blocksOf(await openSegment(segment)) };
}

/** The schemas that a chain may be written under: they differ in what the values are called. */
function schemasOf(schema: StateSchema, count: number): readonly StateSchema[] {
  return Array.from({ length: count }, (_, version) => ({
    ...schema,
    value: { ...schema.value, parameters: { version } },
  }));
}

/** Applies links that must be full images to an empty model. */
function contentOf(links: readonly RestoredLink[], schemas: readonly StateSchema[]): Map<string, Held[]> {
  const content = new Map<string, Held[]>();
  for (const { schema, blocks } of links) {
    const version = schemas.indexOf(schema);
    for (const block of blocks) {
      for (const [op, key, , third, fourth, fifth] of recordsOf(block, contentCodec(schema), schema.ttl)) {
        const address = `${key}/${schema.kind === 'map' ? third : undefined}`;
        const held = content.get(address) ?? [];
        if (op === 'put') {
          expect(held).toEqual([]);
          held.push({ schema: version, value: fourth as string, stampMs: fifth as number | undefined });
        } else {
          expect(op).toBe('splice');
          expect(third).toBe(held.length);
          const stamps = fifth as number[] | undefined;
          for (const [index, value] of (fourth as string[]).entries())
            held.push({ schema: version, value, stampMs: stamps?.[index] });
        }
        content.set(address, held);
      }
    }
  }
  return content;
}

function entriesOf(schema: StateSchema, model: Model): LogicalEntry[] {
  const namespace = inNamespace(schema);
  return [...model.values()].flatMap(({ key, mapKey, held }) => {
    const address = encodedAddress(schema, ['put', key, namespace, mapKey]);
    return held.map(({ value, stampMs }, index): LogicalEntry => {
      const common = { key: address.key, namespace: address.namespace, value: serializeToBytes(string, value) };
      const stamp = stampMs === undefined ? {} : { timestampMs: stampMs };
      if (schema.kind === 'list') return { sort: 'element', ...common, index, ...stamp };
      return { sort: 'entry', ...common, ...stamp, ...(address.mapKey && { mapKey: address.mapKey }) };
    });
  });
}

/** The sum of digests, as a snapshot of several layers has it. */
function sumOf(digests: readonly Uint8Array[]): Uint8Array {
  const sum = new DataView(new ArrayBuffer(8));
  for (const digest of digests) {
    const view = new DataView(digest.buffer, digest.byteOffset);
    for (const at of [0, 4]) sum.setUint32(at, (sum.getUint32(at) + view.getUint32(at)) >>> 0);
  }
  return new Uint8Array(sum.buffer);
}

/** The most links that a fold needs: one for each schema, more only for lists that go back to a schema. */
function linksMax(model: Model): number {
  const alive = new Set([...model.values()].flatMap(({ held }) => held.map(({ schema }) => schema)));
  return alive.size;
}

describe.each(contentStates.map((schema) => [schema.name, schema] as const))('a chain of state %s', (_, state) => {
  test.each([1, 2, 3])('under %i schemas is folded into what it means', async (schemaCount) => {
    await fc.assert(
      fc.asyncProperty(chainOf(schemaCount), fc.boolean(), async (chain, sorted) => {
        const schemas = schemasOf(state, schemaCount);
        const model: Model = new Map();
        const serial = { next: 0 };
        const links: RestoredLink[] = [];
        for (const written of chain) {
          const schema = schemas[written.schema] as StateSchema;
          const link = await linkOf(schema, recordsOfLink(schema, written, model, serial), written.blockRecords);
          if (link.blocks.length > 0) links.push(link);
        }

        const folded = foldRawChain(links, { sorted });
        const expected = new Map([...model].map(([address, { held }]) => [address, held]));
        expect(contentOf(folded, schemas)).toEqual(expected);
        if (state.kind !== 'list' || schemaCount < 3) {
          const returns = state.kind === 'list' ? chain.length : 0;
          expect(folded.length).toBeLessThanOrEqual(linksMax(model) + returns);
        }
        const digests = folded.map(({ blocks }) => digestOfBlocks(blocks));
        expect(sumOf(digests)).toEqual(digestOfEntries(entriesOf(state, model)));

        // A writer takes every link for a full image, and what was folded is folded no further.
        for (const { schema, blocks } of folded) {
          const { baseCheckpointId: __, ...image } = contentHeader;
          await writeSegment({ ...image, states: [schema], sorted }, (writer) => {
            writer.startState(0, schema.id);
            for (const block of blocks) writer.rawBlock(block);
          });
        }
        const again = foldRawChain(folded, { sorted });
        // Lists over three schemas can ask for orders that no single link of each schema gives: what a fold takes then
        // depends on the order that it finds.
        if (state.kind !== 'list' || schemaCount < 3) expect(again.length).toBe(folded.length);
        expect(contentOf(again, schemas)).toEqual(expected);
      }),
      { numRuns: testRuns(60) },
    );
  });
});

const [values, , lists, , , mapsTtl] = contentStates as readonly StateSchema[];

test('an image stays the chain that it is', async () => {
  const link = await linkOf(
    lists as StateSchema,
    [
      ['splice', 'a', 'n', 0, ['x', 'y'], undefined],
      ['splice', 'b', 'n', 0, ['z'], undefined],
    ],
    1,
  );
  const chain = [link];
  expect(foldRawChain(chain)).toBe(chain);
  expect(foldRawChain([])).toEqual([]);
});

test('a chain that nothing is left of is folded into no link', async () => {
  const put = await linkOf(values as StateSchema, [['put', 'a', VOID_NAMESPACE, undefined, 'x', undefined]], 9);
  const reset = await linkOf(values as StateSchema, [['reset']], 9);
  expect(foldRawChain([put, reset])).toEqual([]);
});

test('many appends of one element become one record', async () => {
  const chain: RestoredLink[] = [];
  for (let at = 0; at < 64; at++)
    chain.push(await linkOf(lists as StateSchema, [['splice', 'a', 'n', at, [`e${at}`], undefined]], 9));
  const [link, ...others] = foldRawChain(chain);
  expect(others).toEqual([]);
  expect(link?.blocks.map(({ entryCount }) => entryCount)).toEqual([1]);
});

test('large lists and many entries are cut into blocks', async () => {
  const element = 'x'.repeat(1000);
  const list = await linkOf(
    lists as StateSchema,
    [['splice', 'a', 'n', 0, Array.from({ length: 500 }, () => element), undefined]],
    9,
  );
  const more = await linkOf(lists as StateSchema, [['splice', 'a', 'n', 500, [element], undefined]], 9);
  const blocks = foldRawChain([list, more])[0]?.blocks as readonly RawBlock[];
  expect(blocks.length).toBeGreaterThan(5);
  expect(Math.max(...blocks.map(({ payload }) => payload.length))).toBeLessThan(140_000);

  const put = (index: number): DecodedRecord => ['put', `k${index}`, VOID_NAMESPACE, undefined, 'v', undefined];
  const many = Array.from({ length: 3000 }, (_, index) => put(index)).sort(compareRecords(values as StateSchema));
  const fold = new RawChainFold([
    await linkOf(values as StateSchema, many, 1000),
    await linkOf(values as StateSchema, [put(7)], 9),
  ]);
  let steps = 0;
  while (fold.step()) steps++;
  expect(steps).toBeGreaterThan(5);
  expect(fold.step()).toBe(false);
  expect(fold.result[0]?.blocks.map(({ entryCount }) => entryCount)).toEqual([1024, 1024, 952]);
});

test('the result of a fold that has not ended is not given away', () => {
  expect(() => new RawChainFold([]).result).toThrow(/not been folded/);
});

describe('FC4: a chain that does not hold what it builds on is damaged', () => {
  const map = mapsTtl as StateSchema;
  const list = lists as StateSchema;
  test.each<[string, StateSchema, DecodedRecord]>([
    ['a list that is continued', list, ['splice', 'a', 'n', 3, ['x'], undefined]],
    ['a list that is trimmed', list, ['trim', 'a', 'n', 1]],
    ['an entry that gets a stamp', map, ['touch', 'a', 'n', 'm', 5]],
  ])('%s', async (_, schema, record) => {
    const other = await linkOf(
      schema,
      schema === list ? [['splice', 'a', 'n', 0, [], undefined]] : [['put', 'a', 'n', 'other', 'v', 5]],
      9,
    );
    const broken = await linkOf(schema, [record], 9);
    const error = await stateErrorOf(() => foldRawChain([other, broken]));
    expect([error.code, error.kind]).toEqual(['snapshot-invalid', 'corrupt']);
    expect(error.message).toContain(`state '${schema.name}' in key group 0`);
  });

  test('a stamp in the time of another clock', async () => {
    const put = await linkOf(map, [['put', 'a', 'n', 'm', 'v', 5]], 9);
    const touch = await linkOf({ ...map, ttlTime: 'event' }, [['touch', 'a', 'n', 'm', 6]], 9);
    expect((await stateErrorOf(() => foldRawChain([put, touch]))).code).toBe('snapshot-invalid');
  });

  test('a reset that is not in front', async () => {
    const put = await linkOf(values as StateSchema, [['put', 'a', VOID_NAMESPACE, undefined, 'x', undefined]], 9);
    const reset = await linkOf(values as StateSchema, [['reset']], 9);
    const behind = { schema: put.schema, blocks: [...put.blocks, ...reset.blocks] };
    expect((await stateErrorOf(() => foldRawChain([put, behind]))).message).toContain('RESET behind other records');
  });

  test('bytes that are no records', async () => {
    const put = await linkOf(values as StateSchema, [['put', 'a', VOID_NAMESPACE, undefined, 'x', undefined]], 9);
    const [block] = put.blocks;
    const cut = { ...(block as RawBlock), payload: (block as RawBlock).payload.subarray(0, 4) };
    const error = await stateErrorOf(() => foldRawChain([put, { schema: put.schema, blocks: [cut] }]));
    expect(error.code).toBe('bytes-truncated');
    expect(error.message).toContain("state 'value' in key group 0");
  });
});
