// The flags of the state benchmark.

import { parseArgs } from 'node:util';
import type { PairSettings } from './runner/run-pairs.js';

/** What the state benchmark is asked for. */
export interface StateBenchmarkOptions extends PairSettings {
  readonly backend: string;
  readonly peers: readonly string[];
  /** Suites of operations, and `snapshot`, `restore`, `memory`. */
  readonly suites: readonly string[];
  /** Only these operations; all when empty. */
  readonly only: readonly string[];
  readonly keys: number;
  /** Entries of snapshot and restore. */
  readonly entries: readonly number[];
  readonly memoryEntries: number;
  readonly seed: number;
  /** Lines of configuration for our backends. */
  readonly config: Readonly<Record<string, string>>;
  readonly json: boolean;
}

const USAGE = `usage: node benchmarks/run.mjs state [flags]
  --backend hashmap|lmdb|...                    the subject; default hashmap
  --peer map|lmdb-js|flink-heap|flink-rocksdb|<a backend>   one or several, with commas; default map
  --suite value,string,list,map,snapshot,restore            default all of these
  --memory                                      memory of --memory-entries (10,000,000) entries, and nothing else
  --only valueGet,mapGet                        these operations only
  --pairs 5 --round-ms 400 --warm-ms 1200       how often and how long
  --keys 500000 --entries 500000,2000000        keys of the operations; entries of snapshot and restore
  --config key=value                            a line of configuration; may come several times
  --seed 7 --json`;

const SUITES: readonly string[] = ['value', 'string', 'list', 'map', 'snapshot', 'restore'];

/** @throws TypeError with the usage for flags that are none. */
export function stateBenchmarkOptions(args: readonly string[]): StateBenchmarkOptions {
  const { values } = parse(args);
  const suites = values.memory ? ['memory'] : listOf(values.suite ?? SUITES.join());
  const unknown = suites.find((suite) => suite !== 'memory' && !SUITES.includes(suite));
  if (unknown !== undefined) throw new TypeError(`no suite '${unknown}'\n${USAGE}`);
  return {
    backend: values.backend,
    peers: listOf(values.peer),
    suites,
    only: listOf(values.only),
    pairs: positive('pairs', values.pairs),
    roundMs: positive('round-ms', values['round-ms']),
    warmUpMs: positive('warm-ms', values['warm-ms']),
    keys: positive('keys', values.keys),
    entries: listOf(values.entries).map((entries) => positive('entries', entries)),
    memoryEntries: positive('memory-entries', values['memory-entries']),
    seed: positive('seed', values.seed),
    config: Object.fromEntries(values.config.map(entryOf)),
    json: values.json,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        backend: { type: 'string', default: 'hashmap' },
        peer: { type: 'string', default: 'map' },
        suite: { type: 'string' },
        only: { type: 'string', default: '' },
        memory: { type: 'boolean', default: false },
        'memory-entries': { type: 'string', default: '10000000' },
        pairs: { type: 'string', default: '5' },
        'round-ms': { type: 'string', default: '400' },
        'warm-ms': { type: 'string', default: '1200' },
        keys: { type: 'string', default: '500000' },
        entries: { type: 'string', default: '500000,2000000' },
        config: { type: 'string', multiple: true, default: [] },
        seed: { type: 'string', default: '7' },
        json: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new TypeError(`${(error as Error).message}\n${USAGE}`);
  }
}

function listOf(text: string): string[] {
  return text.split(',').filter((word) => word !== '');
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new TypeError(`--${name} takes a number from 1 on, not '${text}'`);
  return number;
}

function entryOf(line: string): [string, string] {
  const separator = line.indexOf('=');
  if (separator < 1) throw new TypeError(`--config takes key=value, not '${line}'`);
  return [line.slice(0, separator), line.slice(separator + 1)];
}
