import {
  CRASH_CASES,
  checkpointStorageCases,
  checkpointStorageFactoryCases,
  FAULT_CASES,
  KEYED_STORE_CASES,
  SERIALIZER_CASES,
  STATE_BACKEND_CASES,
  stateBackendFactoryCases,
} from '@tidemark/state-testkit';
import { describe, expect, test } from 'vitest';
import { checkConformanceRules, formatConformanceRules, readConformanceRules } from '../src/conformance-rules.ts';
import { describeFindings, readRepository } from '../src/repository-files.ts';
import { messagesOf, repositoryOf } from './fixture.ts';

const file = 'packages/state-core/src/state/a.ts';

function written(...lines: readonly string[]): string {
  return [
    '/**',
    ' * A store.',
    ...lines.map((line) => ` * ${line}`),
    ' */',
    'export interface Store {',
    '  /**',
    '   * Implementers (guide: Reading)',
    '   * - MUST give back what was put, all of',
    '   *   it. [A-02..A-04, B-01]',
    '   *',
    '   * @throws StateError `x`.',
    '   */',
    '  get(key: string): string;',
    '}',
  ].join('\n');
}

const group = ['Implementers (guide: Writing)', '- MUST keep copies. [A-01]'];
const guide = '# Writing\n\n## Reading\n\n### Writing\n';
const ids = ['A-01', 'A-02', 'A-03', 'A-04', 'B-01-A', 'B-01-B'];

function check(lines: readonly string[], caseIds: readonly string[] = ids, page: string = guide): string[] {
  return messagesOf(
    checkConformanceRules(repositoryOf({ [file]: written(...lines), 'docs/WRITING_A_BACKEND.md': page }), caseIds),
  );
}

describe('the rules in docstrings', () => {
  test('are read with their member, heading and cases', () => {
    const { rules, findings } = readConformanceRules(repositoryOf({ [file]: written(...group) }));
    expect(findings).toEqual([]);
    expect(rules.map(({ member, must, guide: heading, cases }) => [member, must, heading, ...cases])).toEqual([
      ['Store', 'keep copies.', 'Writing', 'A-01'],
      ['Store.get', 'give back what was put, all of it.', 'Reading', 'A-02', 'A-03', 'A-04', 'B-01'],
    ]);
  });

  test('are complete', () => expect(check(group)).toEqual([]));

  test('a MUST without cases', () => {
    expect(check([...group, '- MUST hurry.'])).toContain(
      `${file}:7 Store: "MUST hurry." does not end in [the ids of cases]`,
    );
  });

  test('a MUST in running text', () => {
    expect(check([...group, '', 'It MUST hurry.'])[0]).toContain('3 times MUST, but 2 rules');
  });

  test('a MUST of a case that is not there, and a case without a MUST', () => {
    expect(check(group, [...ids.slice(1), 'C-01'])).toEqual([
      `${file}:6 Store: MUST keep copies. There is no case A-01`,
      'packages/state-testkit/src no MUST names the case C-01',
    ]);
  });

  test('a heading that the guide has not, and none at all', () => {
    expect(check(['Implementers (guide: Walking)', '- MUST keep copies. [A-01]'])).toEqual([
      `${file}:6 Store: "Walking" is no heading of docs/WRITING_A_BACKEND.md`,
    ]);
    expect(check(['Implementers', '- MUST keep copies. [A-01]'])).toEqual([
      `${file}:6 Store: "" is no heading of docs/WRITING_A_BACKEND.md`,
    ]);
  });
});

describe('the conformance suites', () => {
  const files = readRepository();
  const cases = [
    ...STATE_BACKEND_CASES,
    ...stateBackendFactoryCases,
    ...checkpointStorageCases,
    ...checkpointStorageFactoryCases,
    ...CRASH_CASES,
    ...FAULT_CASES,
    ...KEYED_STORE_CASES,
    ...SERIALIZER_CASES,
  ].map(({ id }) => id);

  test('no MUST lacks a case, no case lacks a MUST, and every MUST has a heading of the guide', () => {
    expect(describeFindings(checkConformanceRules(files, cases))).toBe('');
  });

  test('an id is one case of all suites', () => {
    expect(cases.filter((id, index) => cases.indexOf(id) !== index)).toEqual([]);
  });

  test('the table of the test kit is what the docstrings say: `pnpm conformance-rules` writes it', async () => {
    const { rules } = readConformanceRules(files);
    await expect(formatConformanceRules(rules)).toMatchFileSnapshot(
      '../../../packages/state-testkit/src/conformance/conformance-rules.ts',
    );
  });
});
