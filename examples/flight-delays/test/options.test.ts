import { describe, expect, test } from 'vitest';
import { commandToGoOn, type Options, parseOptions } from '../src/options.js';

describe('the command to go on with', () => {
  test('keeps every flag', () => {
    const options = parseOptions(['--kill', '5', '--limit', '300000', '--out', 'a b', '--json'], () => 42) as Options;
    const command = commandToGoOn(options, "/tmp/it's here");
    expect(command).toBe(
      "npm start --silent -- --checkpoints '/tmp/it'\\''s here' --state-backend hashmap --limit 300000 --kill 5 --seed 42 --out 'a b' --json",
    );
  });

  test('means the same when it is read again', () => {
    const options = parseOptions(['--kill', '1', '--seed', '7', '--limit', '10'], () => 0) as Options;
    const flags = commandToGoOn(options, '/tmp/here').split(' ').slice(3);
    expect(parseOptions(flags, () => 0)).toEqual({ ...options, checkpoints: '/tmp/here' });
  });
});
