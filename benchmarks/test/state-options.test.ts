// The flags of the state benchmark.

import { expect, it } from 'vitest';
import { stateBenchmarkOptions } from '../src/state-options.js';

it('has defaults for everything', () => {
  expect(stateBenchmarkOptions([])).toMatchObject({ backend: 'hashmap', peers: ['map'], pairs: 5, keys: 500_000 });
});

it('takes lists and lines of configuration', () => {
  const options = stateBenchmarkOptions([
    ...['--peer', 'map,flink-heap', '--suite', 'value', '--only', 'valueGet'],
    ...['--config', 'state.backend.lmdb.cache-size=64kb', '--config', 'a=b=c'],
  ]);
  expect(options).toMatchObject({ peers: ['map', 'flink-heap'], suites: ['value'], only: ['valueGet'] });
  expect(options.config).toEqual({ 'state.backend.lmdb.cache-size': '64kb', a: 'b=c' });
});

it('--memory measures memory and nothing else', () => {
  expect(stateBenchmarkOptions(['--memory']).suites).toEqual(['memory']);
});

it.each([['--pairs', '0'], ['--keys', 'many'], ['--config', 'novalue'], ['--suite', 'sets'], ['--unknown']])(
  'refuses %s %s',
  (...flags) => {
    expect(() => stateBenchmarkOptions(flags.filter((flag) => flag !== undefined))).toThrow(TypeError);
  },
);
