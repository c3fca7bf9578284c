// A ledger whose state after n payments can be computed without the library.

import { join } from 'node:path';
import {
  type JsonAttachment,
  json,
  MapStateDescriptor,
  type NodeOpenStateOptions,
  type OpenState,
  openState,
  safeInteger,
  string,
  ValueStateDescriptor,
} from '../../src/index.js';

const ACCOUNTS = 60;

/** The states of the ledger. */
export const ledgerStates: {
  readonly total: ValueStateDescriptor<number, number>;
  readonly byDigit: MapStateDescriptor<number, number>;
} = {
  total: new ValueStateDescriptor('total', { type: safeInteger, defaultValue: 0 }),
  byDigit: new MapStateDescriptor('by-digit', { key: safeInteger, value: safeInteger }),
};

/** What is attached to a checkpoint: how many payments are in it. */
export interface Position {
  readonly payments: number;
}

/** An open ledger. */
export type Ledger = OpenState<string, typeof ledgerStates, Position>;

/** Where a ledger has working state that is not on the heap. */
export function localDirectoryOf(directory: string): string {
  return join(directory, 'working-state');
}

/** Opens the ledger in a directory. */
export function openLedger(
  directory: string,
  options: Partial<NodeOpenStateOptions<string, typeof ledgerStates, JsonAttachment>> = {},
  backend = 'hashmap',
): Promise<Ledger> {
  return openState({
    name: 'ledger',
    states: ledgerStates,
    keySerializer: string,
    attachmentSerializer: json.of<Position>(),
    configFile: false,
    logger: { warn() {}, info() {} },
    // Small enough that state goes into files of its own.
    config: {
      'state.backend': backend,
      'state.backend.lmdb.localdir': localDirectoryOf(directory),
      // So small that it is written and read all the time.
      'state.backend.lmdb.cache-size': '4 kb',
      'execution.checkpointing.incremental': backend === 'lmdb',
      'execution.checkpointing.dir': directory,
      'execution.checkpointing.data-inline-threshold': '1 kb',
    },
    ...options,
  });
}

/** Books payment number n, from 0. */
export function book(ledger: Ledger, n: number): void {
  const { account, amount } = payment(n);
  ledger.withKey(account, ({ total, byDigit }) => {
    total.update(total.value() + amount);
    byDigit.put(n % 10, (byDigit.get(n % 10) ?? 0) + 1);
    // Every so often an account is closed, so that deletions are part of what must survive.
    if (n % 997 === 0) total.clear();
  });
}

/** What is wrong with a ledger that should hold the first `payments` payments; `undefined` when nothing is. */
export function differenceFrom(ledger: Ledger, payments: number): string | undefined {
  const expected = JSON.stringify(plainLedger(payments));
  const actual = JSON.stringify(contentOf(ledger));
  return actual === expected ? undefined : `after ${payments} payments\nexpected ${expected}\nfound    ${actual}`;
}

function payment(n: number): { account: string; amount: number } {
  return { account: `account ${(n * 7919) % ACCOUNTS}`, amount: (n * 31) % 1_009 };
}

type PlainLedger = [account: string, total: number, byDigit: [number, number][]][];

function plainLedger(payments: number): PlainLedger {
  const totals = new Map<string, number>();
  const digits = new Map<string, Map<number, number>>();
  for (let n = 0; n < payments; n++) {
    const { account, amount } = payment(n);
    totals.set(account, n % 997 === 0 ? 0 : (totals.get(account) ?? 0) + amount);
    const ofAccount = digits.get(account) ?? new Map<number, number>();
    ofAccount.set(n % 10, (ofAccount.get(n % 10) ?? 0) + 1);
    digits.set(account, ofAccount);
  }
  return [...digits.keys()]
    .sort()
    .map((account) => [account, totals.get(account) ?? 0, sorted(digits.get(account) ?? [])]);
}

function contentOf(ledger: Ledger): PlainLedger {
  return [...ledger.keys('byDigit')]
    .sort()
    .map((account) =>
      ledger.withKey(account, ({ total, byDigit }) => [account, total.value(), sorted(byDigit.entries())]),
    );
}

function sorted(entries: Iterable<[number, number]>): [number, number][] {
  return [...entries].sort(([a], [b]) => a - b);
}
