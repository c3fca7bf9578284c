// Suites without a test runner: what is reported of each case, as data and as text.

import { StateError } from '@tidemark/state-core';
import { describe, expect, test } from 'vitest';
import {
  assertEqual,
  type ConformanceCase,
  type ConformanceSuite,
  conformanceSuite,
  formatConformanceReport,
  rulesOfCase,
  runConformance,
} from '../../src/index.js';
import { runConformanceProgram, type Terminal } from '../../src/program.js';

function suiteOf(...cases: readonly ConformanceCase<undefined, 'timers' | 'files'>[]): ConformanceSuite {
  return conformanceSuite<undefined, 'timers' | 'files'>({
    name: 'a suite',
    cases,
    has: () => false,
    createContext: () => undefined,
    closeContext: () => {},
  });
}

const passes = { id: 'KSB-KEY-01', title: 'passes', run: () => {} };
const fails = { id: 'KSB-SNAPSHOT-01', title: 'fails', run: () => assertEqual(2, 1, 'value of key 1') };
const throws = {
  id: 'TTL-01-B',
  title: 'throws',
  run: () => {
    throw new StateError('backend-closed', 'closed', { cause: new Error('because') });
  },
};
const skips = { id: 'X-01', title: 'skips', requires: ['timers'] as const, run: () => {} };
const skipsToo = { id: 'X-02', title: 'skips too', requires: ['timers', 'files'] as const, run: () => {} };

describe('a report', () => {
  test('names rule, member, heading and error of what failed, and the abilities behind what was skipped', async () => {
    const report = await runConformance(suiteOf(passes, fails, throws, skips, skipsToo));
    expect(report).toMatchObject({
      suite: 'a suite',
      totals: { cases: 5, passed: 1, failed: 2, skipped: 2, notRun: 0 },
      aborted: false,
    });
    const text = formatConformanceReport(report).replace(/; \d+\.\d s$/m, '');
    expect(text.split('\n').filter((line) => !/^ +at /.test(line))).toEqual([
      'a suite',
      '',
      'FAILED KSB-SNAPSHOT-01 fails',
      '  rule   KeyedStateBackend.snapshot MUST show the state as of this call, whatever is written afterwards.',
      '  read   docs/WRITING_A_BACKEND.md, "Snapshots"',
      '  error  ConformanceFailure: value of key 1: got 2, expected 1',
      '',
      'FAILED TTL-01-B throws',
      '  rule   StateTtlOptions.updateType MUST renew stamps at writes, and at reads where it says so, walks included.',
      '  read   docs/WRITING_A_BACKEND.md, "Time to live"',
      '  error  StateError backend-closed: closed',
      '  cause  Error: because',
      '',
      'skipped, because timers is not declared: X-01',
      'skipped, because timers, files is not declared: X-02',
      '',
      '5 cases: 1 passed, 2 failed, 2 skipped',
    ]);
  });

  test('is plain data', async () => {
    const report = await runConformance(suiteOf(passes, throws, skips));
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test('carries no control characters of what an implementation says', async () => {
    const rude = { id: 'X-03', title: 'rude', run: () => assertEqual('\u001b[2J', 'x\ny', 'text \u001b[31m') };
    const report = await runConformance(suiteOf(rude));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there.
    expect(formatConformanceReport(report)).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe('a run', () => {
  test('tells of every case as it ends', async () => {
    const seen: string[] = [];
    await runConformance(suiteOf(passes, fails, skips), {
      onCase: ({ id, outcome }, { done, total, failed }) =>
        void seen.push(`${id} ${outcome} ${done}/${total} ${failed}`),
    });
    expect(seen).toEqual(['KSB-KEY-01 passed 1/3 0', 'KSB-SNAPSHOT-01 failed 2/3 1', 'X-01 skipped 3/3 1']);
  });

  test.each([
    ['KSB-*', ['KSB-KEY-01', 'KSB-SNAPSHOT-01']],
    ['x-01, ttl-01-b', ['TTL-01-B', 'X-01']],
    [({ title }: { title: string }) => title === 'skips', ['X-01']],
  ])('leaves out what the filter %s does not name', async (filter, ids) => {
    const { cases } = await runConformance(suiteOf(passes, fails, throws, skips), { filter });
    expect(cases.filter(({ outcome }) => outcome !== 'not-run').map(({ id }) => id)).toEqual(ids);
  });

  test('refuses a filter that leaves nothing', async () => {
    await expect(runConformance(suiteOf(passes), { filter: 'KBS-*' })).rejects.toThrow(RangeError);
  });

  test('gives up a case that hangs, and goes on', async () => {
    const hangs = { id: 'X-04', title: 'hangs', run: () => new Promise<void>(() => {}) };
    const { cases } = await runConformance(suiteOf(hangs, passes), { caseTimeoutMs: 20 });
    expect(cases.map(({ outcome }) => outcome)).toEqual(['failed', 'passed']);
    expect(cases[0]?.error?.message).toContain('within 20 ms');
  });

  test('ends at its signal', async () => {
    const controller = new AbortController();
    const aborts = { id: 'X-05', title: 'aborts', run: () => new Promise<void>(() => controller.abort()) };
    const report = await runConformance(suiteOf(passes, aborts, fails), { signal: controller.signal });
    expect(report).toMatchObject({ aborted: true, totals: { passed: 1, failed: 0, notRun: 2 } });
    expect(formatConformanceReport(report)).toContain('given up before its end');
  });

  test('closes the context of a case that failed', async () => {
    const closed: string[] = [];
    const suite = conformanceSuite<string, never>({
      name: 'closes',
      cases: [{ id: 'X-06', title: '', run: () => assertEqual(1, 2, '') }],
      has: () => true,
      createContext: () => 'context',
      closeContext: (context) => void closed.push(context),
    });
    await runConformance(suite);
    expect(closed).toEqual(['context']);
  });
});

test('a failure about long values says where they begin to differ', () => {
  const long = Array.from({ length: 500 }, (_, index) => ({ index, name: `name ${index}` }));
  const other = long.map((entry) => (entry.index === 300 ? { ...entry, name: 'another' } : entry));
  let message = '';
  try {
    assertEqual(long, other, 'entries');
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message.length).toBeLessThan(500);
  expect(message).toContain('the first difference is at $[300].name: "name 300" instead of "another"');
});

test('two cases of one id are refused', () => {
  expect(() => suiteOf(passes, passes)).toThrow('two cases have the id KSB-KEY-01');
});

test('a variant proves the rules of its row', () => {
  expect(rulesOfCase('TTL-01-B')).toEqual(rulesOfCase('TTL-01'));
  expect(rulesOfCase('TTL-01-B').map(({ member }) => member)).toEqual(['StateTtlOptions.updateType']);
  expect(rulesOfCase('NOBODY-01')).toEqual([]);
});

/** A terminal that remembers. */
function terminalOf(args: readonly string[], looks: Partial<Terminal> = {}) {
  const out: string[] = [];
  const errors: string[] = [];
  const codes: number[] = [];
  const terminal: Terminal = {
    args,
    showsProgress: false,
    showsColours: false,
    columns: 40,
    print: (text) => void out.push(text),
    note: (text) => void errors.push(text),
    interrupted: new AbortController().signal,
    setExitCode: (code) => void codes.push(code),
    ...looks,
  };
  return { terminal, out, errors, codes };
}

describe('the program', () => {
  test('prints the report and nothing else where nobody watches', async () => {
    const { terminal, out, errors, codes } = terminalOf([]);
    await runConformanceProgram([suiteOf(passes, fails)], terminal);
    expect(out.join('')).toContain('FAILED KSB-SNAPSHOT-01');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there.
    expect(out.join('')).not.toMatch(/\u001b/);
    expect([errors, codes]).toEqual([[], [1]]);
  });

  test('shows progress in one line of the terminal, and colours where they are wanted', async () => {
    const { terminal, out, errors, codes } = terminalOf([], { showsProgress: true, showsColours: true });
    await runConformanceProgram([suiteOf(passes, fails)], terminal);
    expect(errors[0]).toBe('\ra suite: 1 of 2, 0 failed, KSB-KEY-01\u001b[K');
    for (const text of errors) expect(text.replaceAll('\r', '').replaceAll('\u001b[K', '').length).toBeLessThan(40);
    expect(out.join('')).toContain('\u001b[31mFAILED KSB-SNAPSHOT-01\u001b[39m');
    expect(codes).toEqual([1]);
  });

  test('prints JSON', async () => {
    const { terminal, out, codes } = terminalOf(['--json']);
    const reports = await runConformanceProgram([suiteOf(passes), suiteOf(skips)], terminal);
    expect(JSON.parse(out.join(''))).toEqual(reports);
    expect(codes).toEqual([]);
  });

  test('runs what the filter names, in the suites that have it', async () => {
    const { terminal, out } = terminalOf(['--filter=X-*']);
    const reports = await runConformanceProgram([suiteOf(passes), suiteOf(skips)], terminal);
    expect(reports).toHaveLength(1);
    expect(out.join('')).toContain('1 skipped');
  });

  test.each([[['--filter=NOTHING']], [['--fliter=X-01']], [['all']]])('refuses %s', async (args) => {
    const { terminal, out, errors, codes } = terminalOf(args);
    await runConformanceProgram([suiteOf(passes)], terminal);
    expect([out, codes]).toEqual([[], [2]]);
    expect(errors.join('')).toMatch(/--list/);
  });

  test('lists the cases', async () => {
    const { terminal, out } = terminalOf(['--list']);
    await runConformanceProgram([suiteOf(passes, skips)], terminal);
    expect(out.join('')).toBe('a suite\n  KSB-KEY-01  passes\n  X-01  skips (skipped: declares no timers)\n');
  });

  test('ends with 130 when it is interrupted', async () => {
    const { terminal, codes } = terminalOf([], { interrupted: AbortSignal.abort() });
    await runConformanceProgram([suiteOf(passes), suiteOf(passes)], terminal);
    expect(codes).toEqual([130]);
  });
});
