// Where a key lives: hashes, key groups, ranges.

import type { FlinkArea } from '../flink-area.ts';

export const keyGroups: FlinkArea = {
  title: 'Key groups',
  state: 'complete',
  classes: [
    {
      name: 'worked numbers',
      isOurs: true,
      rows: [
        ['MathUtils.murmurHash(%i)', '32 values from −2^31 to 2^31−1, two of which give 0'],
        ['MathUtils.bitMix(%i)', 'eleven values'],
        [
          'the key groups of %s',
          '18 strings, integers, longs and booleans under 10, 16, 128, 4096 and 32768 key groups',
        ],
        ['the ranges of %i key groups over %i subtasks', '14 pairs of max parallelism and parallelism'],
        ['RocksIncrementalCheckpointRescalingTest: the key %j', 'ten strings, one for each of ten key groups'],
        ['the default max parallelism %i', 'the power of two for 17 parallelisms'],
      ],
    },
    {
      name: 'KeyGroupRangeTest',
      rows: [
        [
          'testKeyGroupIntersection',
          '[0,10]∩[3,7]=[3,7] (commutative, idempotent); [0,5]∩[6,10]=EMPTY; [0,10]∩[5,20]=[5,10]; [3,12]∩[0,10]=[3,10]',
        ],
      ],
    },
    {
      name: 'KeyGroupRangeOffsetTest',
      rows: [
        [
          'testKeyGroupIntersection',
          'range [2,10] offsets 0..8: ∩[3,7] offsets 1..5; ∩self equal; ∩[11,13] EMPTY with no entries; ∩[5,13] = [5,10]; ∩[0,2] = [2,2]',
        ],
        [
          'testKeyGroupRangeOffsetsBasics',
          'same ranges as above: get by group, iterate (group, offset) pairs; set then get; negative start rejected',
        ],
      ],
    },
    {
      name: 'MathUtilTest',
      rows: [
        [
          'testLog2Computation',
          '1→0,2→1,3→1,4→2,7→2,8→3,9→3,16→4,17→4,8193→13,2^31−1→30,−1→31; 0 → ArithmeticException',
          'Nothing here computes it: ranges and defaults are checked against the worked numbers instead.',
        ],
        ['testPowerOfTwo', 'powers up to 2^62 true; 3,5,567923,2^31−1 false'],
        ['testFlipSignBit', 'MIN→0, 0→MIN, MAX→−1, −1→MAX, 42→42|MIN, −42→−42&MAX'],
        [
          'testDivideRoundUp testDivideRoundUpNegativeDividend testDivideRoundUpNegativeDivisor testDivideRoundUpZeroDivisor',
          '0/1=0, 1/2=1, 2/1=2, 2/3=1; negative dividend or divisor ≤ 0 → IllegalArgumentException',
          'Nothing here computes it: ranges and defaults are checked against the worked numbers instead.',
        ],
      ],
    },
    {
      name: 'CheckpointCoordinatorTest',
      rows: [
        [
          'testCreateKeyGroupPartitions',
          'contiguous ranges that agree with the subtask of each key group: six pairs and 1000 random ones',
        ],
      ],
    },
  ],
};
