// A job with state of every kind, whose state after n records can be computed without the library.
//
//   SL1. Record n is the same in every run, and what it does depends on nothing but n and the state of its own key: so the
//        state after n records is `contentAfter(n)`, on every backend and at every parallelism.

import {
  AggregatingStateDescriptor,
  float64,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StatesOf,
  StateTtlConfig,
  safeInteger,
  string,
  tuple,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type {
  KeyGroupedInternalPriorityQueue,
  PriorityQueueDescriptor,
  PriorityQueueElement,
} from '@tidemark/state-core/spi';

const KEYS = 48;
const YEAR_MS = 365 * 24 * 3_600_000;

/** Number of key groups of the job. */
export const MAX_PARALLELISM = 16;

type Mean = readonly [count: number, sum: number];

/** The states of the job. */
export const ledgerStates: {
  readonly total: ValueStateDescriptor<number, number>;
  readonly seen: ValueStateDescriptor<string>;
  readonly log: ListStateDescriptor<string>;
  readonly marks: MapStateDescriptor<number, string>;
  readonly sum: ReducingStateDescriptor<number>;
  readonly mean: AggregatingStateDescriptor<number, Mean, number>;
} = {
  total: new ValueStateDescriptor('total', { type: safeInteger, defaultValue: 0 }),
  seen: new ValueStateDescriptor('seen', { type: string, ttl: StateTtlConfig.of({ ttlMs: YEAR_MS }) }),
  log: new ListStateDescriptor('log', { type: string }),
  marks: new MapStateDescriptor('marks', { key: safeInteger, value: string }),
  sum: new ReducingStateDescriptor('sum', { type: safeInteger, reduce: (a, b) => a + b }),
  mean: new AggregatingStateDescriptor('mean', {
    type: tuple(float64, float64),
    aggregate: {
      createAccumulator: (): Mean => [0, 0],
      add: (value: number, [count, sum]: Mean): Mean => [count + 1, sum + value],
      getResult: ([count, sum]: Mean) => sum / count,
      merge: ([countA, sumA]: Mean, [countB, sumB]: Mean): Mean => [countA + countB, sumA + sumB],
    },
  }),
};

/** The queue of the job: of timers, so to say. */
export const timers: PriorityQueueDescriptor<number, number> = {
  name: 'timers',
  namespace: safeInteger,
  priority: safeInteger,
};

export type Timers = KeyGroupedInternalPriorityQueue<Timer>;
type Timer = PriorityQueueElement<string, number, number>;

/** Where a record finds its state. */
export interface LedgerAccess {
  withKey(key: string, handler: (states: StatesOf<typeof ledgerStates>) => undefined): void;
  timersOf(key: string): Timers;
}

/** What the job holds: the state of each key and the timers, sorted. */
export interface LedgerContent {
  readonly accounts: Record<string, unknown>;
  readonly timers: readonly string[];
}

/** The states of a key, as plain data. */
export function accountOf(states: StatesOf<typeof ledgerStates>): unknown {
  const { total, seen, log, marks, sum, mean } = states;
  return [
    total.value(),
    seen.value() ?? null,
    [...(log.get() ?? [])],
    [...marks.entries()].sort(([a], [b]) => a - b),
    sum.get() ?? null,
    mean.get() ?? null,
  ];
}

/** Timers as text, in one order. */
export function timersAsText(queue: Iterable<Timer>): string[] {
  return [...queue].map(({ key, namespace, priority }) => `${priority}/${namespace}/${key}`).sort();
}

/** Processes record n, from 0. */
export function book(access: LedgerAccess, n: number): void {
  const key = keyOf(n);
  access.withKey(key, ({ total, seen, log, marks, sum, mean }) => {
    if (n % 97 === 0) total.clear();
    else total.update(total.value() + amountOf(n));
    seen.update(textOf(n));
    if (n % 131 === 0) log.clear();
    else if (n % 17 === 0) log.update([textOf(n)]);
    else log.add(textOf(n));
    marks.put(n % 10, textOf(n));
    if (n % 3 === 0) marks.remove((n + 3) % 10);
    if (n % 211 === 0) marks.clear();
    sum.add(1);
    mean.add(amountOf(n));
  });
  access.timersOf(key).add(timerOf(n));
  if (n >= TIMERS_BACK) access.timersOf(keyOf(n - TIMERS_BACK)).remove(timerOf(n - TIMERS_BACK));
}

/** Timers that are there at a time; of a prime number, so that keys have none or several. */
const TIMERS_BACK = 61;

interface Account {
  total: number;
  seen: string;
  log: string[];
  marks: Map<number, string>;
  count: number;
  sum: number;
}

/** What the job holds after its first records (SL1). */
export function contentAfter(records: number): LedgerContent {
  const accounts = new Map<string, Account>();
  for (let n = 0; n < records; n++) {
    const key = keyOf(n);
    const account: Account = accounts.get(key) ?? { total: 0, seen: '', log: [], marks: new Map(), count: 0, sum: 0 };
    accounts.set(key, account);
    account.total = n % 97 === 0 ? 0 : account.total + amountOf(n);
    account.seen = textOf(n);
    if (n % 131 === 0) account.log = [];
    else if (n % 17 === 0) account.log = [textOf(n)];
    else account.log.push(textOf(n));
    account.marks.set(n % 10, textOf(n));
    if (n % 3 === 0) account.marks.delete((n + 3) % 10);
    if (n % 211 === 0) account.marks.clear();
    account.count++;
    account.sum += amountOf(n);
  }
  const plain = [...accounts].map(([key, { total, seen, log, marks, count, sum }]) => [
    key,
    [total, seen, log, [...marks].sort(([a], [b]) => a - b), count, sum / count],
  ]);
  const left = Array.from({ length: Math.min(records, TIMERS_BACK) }, (_, back) => timerOf(records - 1 - back));
  return { accounts: Object.fromEntries(plain), timers: timersAsText(left) };
}

/** How many records are in a content: one more or less is one lost or doubled. */
export function recordsIn({ accounts }: LedgerContent): number {
  return Object.values(accounts).reduce<number>((sum, account) => sum + Number((account as unknown[])[4] ?? 0), 0);
}

function keyOf(n: number): string {
  return `account ${(n * 7919) % KEYS}`;
}

function amountOf(n: number): number {
  return (n * 31) % 1009;
}

function textOf(n: number): string {
  return `entry ${n} ${'.'.repeat((n * 13) % 90)}`;
}

function timerOf(n: number): Timer {
  return { key: keyOf(n), namespace: n % 3, priority: (n * 37) % 5003 };
}
