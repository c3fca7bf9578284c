// Segments made to do harm: every checksum is right, what it vouches for is not. See segment-forgery.ts.

import { testRuns } from '@tidemark/config/test-runs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isStateError } from '../../src/error/state-error.js';
import { digestOfBlocks } from '../../src/snapshot-format/logical-digest.js';
import { walkRecords } from '../../src/snapshot-format/record-walk.js';
import { verifySegment } from '../../src/snapshot-format/segment-verification.js';
import { type GoldenSegment, goldenBytes, goldenCodec, goldenDelta, goldenFull, goldenTtl } from './golden-segments.js';
import { MemoryInputStream } from './memory-stream.js';
import { blocksOf, openSegment, recordsOf } from './segment-fixture.js';
import { type ForgedBlock, type ForgedSegment, type ForgedState, putTogether, takeApart } from './segment-forgery.js';

/** Random numbers in the order in which an attack asks for them. */
type Draw = (below: number) => number;

const INTERESTING = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 2 ** 53 - 1];

const kept = new Map([goldenFull, goldenDelta].map((golden) => [golden, goldenBytes(golden)]));

/** Bytes that mean something at the places where numbers are. */
const TOKENS = [
  [0xff, 0xff, 0xff, 0xff, 0x07],
  [0x80, 0x00],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x05],
  [0x1d],
];

function mutateBytes(bytes: Uint8Array, draw: Draw): Uint8Array {
  const result = [...bytes];
  for (let count = 1 + draw(3); count > 0; count--) {
    const at = draw(result.length + 1);
    switch (draw(6)) {
      case 0:
        result[at % Math.max(1, result.length)] = draw(256);
        break;
      case 1:
        if (result.length > 0) result[at % result.length] = (result[at % result.length] as number) ^ (1 << draw(8));
        break;
      case 2:
        result.splice(at, 1 + draw(8));
        break;
      case 3:
        result.splice(at, 0, ...(TOKENS[draw(TOKENS.length)] as number[]));
        break;
      case 4:
        result.splice(at, 0, ...result.slice(draw(result.length + 1)).slice(0, 1 + draw(40)));
        break;
      default:
        result.length = at;
    }
  }
  return Uint8Array.from(result);
}

function interesting(draw: Draw): number {
  return (INTERESTING[draw(INTERESTING.length)] as number) * (draw(2) === 0 ? 1 : -1);
}

function mutateState(state: ForgedState, draw: Draw): void {
  switch (draw(8)) {
    case 0:
      state.blockCountError = interesting(draw);
      break;
    case 1:
      state.recordCountError = interesting(draw);
      break;
    case 2:
      state.lengthError = interesting(draw);
      break;
    case 3:
      state.chainError = interesting(draw);
      break;
    case 4:
      state.stateId = draw(40_000);
      break;
    case 5:
      state.reserved = draw(65_536);
      break;
    case 6:
      state.blocks = [...state.blocks, ...state.blocks];
      break;
    default:
      state.blocks = [];
  }
}

function mutateBlock(block: ForgedBlock, draw: Draw): void {
  switch (draw(6)) {
    case 0:
      block.entryCount = draw(65_536);
      break;
    case 1:
      block.flags = draw(256);
      break;
    case 2:
      block.uncompressedBytes = interesting(draw);
      break;
    case 3:
      block.keyGroup = draw(65_536);
      break;
    case 4:
      block.reserved = draw(256);
      break;
    default:
      block.payload = mutateBytes(block.payload, draw);
      block.uncompressedBytes = block.payload.length;
  }
}

function mutateSegment(segment: ForgedSegment, draw: Draw): void {
  const group = segment.keyGroups[draw(segment.keyGroups.length)];
  if (group === undefined) return;
  const state = group.states[draw(group.states.length)];
  const block = state?.blocks[0];
  if (block !== undefined && draw(2) === 0) {
    block.payload = mutateBytes(block.payload, draw);
    block.uncompressedBytes = block.payload.length;
    return;
  }
  switch (draw(16)) {
    case 0:
      segment.json = mutateBytes(segment.json, draw);
      break;
    case 1:
      group.keyGroup = draw(65_536);
      break;
    case 2:
      group.offsetError = interesting(draw);
      break;
    case 3:
      group.lengthError = interesting(draw);
      break;
    case 4:
      segment.keyGroupCountError = interesting(draw);
      break;
    case 5:
      segment.footerTail = mutateBytes(new Uint8Array(draw(40)), draw);
      break;
    case 6:
      segment.trailerOffsetError = interesting(draw);
      break;
    case 7:
      segment.flags = draw(65_536);
      break;
    case 8:
      segment.trailerReserved = draw(65_536);
      break;
    case 9:
    case 10:
      if (state !== undefined) mutateState(state, draw);
      break;
    default:
      if (block !== undefined) mutateBlock(block, draw);
  }
}

/** Reads a segment in every way there is; gives the number of records, or the code of what it ends in. */
async function attack(golden: GoldenSegment, numbers: readonly number[]): Promise<string> {
  let drawn = 0;
  const draw: Draw = (below) => (below <= 1 ? 0 : (numbers[drawn++ % numbers.length] as number) % below);
  const segment = takeApart(kept.get(golden) as Uint8Array, golden.header.uid);
  for (let count = 1 + draw(2); count > 0; count--) mutateSegment(segment, draw);
  const { bytes, reference } = putTogether(segment);
  const input = new MemoryInputStream(bytes);
  const outcomes = await Promise.all([
    outcomeOf(async () => {
      const reader = await openSegment({ bytes, reference });
      for (const block of await blocksOf(reader)) {
        if (reader.header.states.length === golden.header.states.length) {
          recordsOf(block, goldenCodec(block.stateId), goldenTtl(block.stateId));
        }
        walkRecords(block, IGNORING);
        digestOfBlocks([block]);
      }
    }),
    outcomeOf(() => verifySegment(input, reference)),
  ]);
  // Nothing was read beyond the file, and nothing twice but the read-ahead.
  expect(input.readBytes).toBeLessThanOrEqual(2 * bytes.length + 4096);
  return outcomes.join(' ');
}

const IGNORING = { put() {}, delete() {}, clear() {}, reset() {}, splice() {} };

async function outcomeOf(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
    return 'read';
  } catch (error) {
    if (!isStateError(error)) throw error;
    expect(['corrupt', 'incompatible', 'configure'], error.message).toContain(error.kind);
    // The only thing to configure is a compression that a forged header names.
    if (error.kind === 'configure') expect(error.code).toBe('compression-unknown');
    return error.code;
  }
}

// Repeated often enough to need more than the usual time on a busy machine.
test('forged segments end in an error that says so, or in nothing worse than other values', {
  timeout: 3_600_000,
}, async () => {
  const seen = new Map<string, number>();
  const buffersBefore = process.memoryUsage().arrayBuffers;
  let buffersMost = 0;
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(goldenFull, goldenDelta),
      fc.array(fc.nat(), { minLength: 6, maxLength: 24 }),
      async (golden, numbers) => {
        const outcome = await attack(golden, numbers);
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
        if (++runs % 50 === 0) buffersMost = Math.max(buffersMost, process.memoryUsage().arrayBuffers - buffersBefore);
      },
    ),
    { numRuns: testRuns(20_000) },
  );
  // A single allocation by a forged length would be hundreds of megabytes.
  expect(buffersMost).toBeLessThan(200 * 1024 * 1024);
  // The attacks reach behind the checksums: every sort of refusal occurs.
  const codes = new Set([...seen.keys()].flatMap((outcome) => outcome.split(' ')));
  for (const code of ['read', 'snapshot-invalid', 'bytes-invalid', 'bytes-truncated', 'format-version-unsupported']) {
    expect(codes).toContain(code);
  }
});

test('taken apart and put together, a segment is the same', () => {
  for (const golden of [goldenFull, goldenDelta]) {
    const { bytes, reference } = putTogether(takeApart(goldenBytes(golden), golden.header.uid));
    expect(Buffer.from(bytes).equals(goldenBytes(golden))).toBe(true);
    expect(reference.checksum).toBe(golden.checksum);
  }
});
