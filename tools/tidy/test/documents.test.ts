import { describe, expect, test } from 'vitest';
import { checkConfigOptions } from '../src/config-options.ts';
import { checkDecisionRecords } from '../src/decision-records.ts';
import { checkErrorCodes } from '../src/error-codes.ts';
import { checkPackageReadmes } from '../src/package-readmes.ts';
import { manifestOf, messagesOf, repositoryOf } from './fixture.ts';

describe('error codes', () => {
  const table = 'packages/state-core/src/error/state-error-code.ts';
  const complete = {
    [table]:
      "export const STATE_ERROR_CODES = Object.freeze({\n  'value-invalid': 'configure',\n  'too-old': { kind: 'closed' },\n} as const);",
    'packages/state-core/src/a.ts':
      '/**\n * @throws StateError `value-invalid` for that.\n * @throws StateError `too-old` for this.\n * @example x\n */\nexport const a = 1;',
    'packages/state-core/test/a.test.ts': "expect('value-invalid'); expect('too-old');",
    'docs/errors.md':
      '# Errors\n\n## `value-invalid`\n\nKind: `configure`.\n\n### too-old\n\nKind closed.\n\n## How to read this\n',
  };
  const check = (replaced: Record<string, string>): string[] =>
    messagesOf(checkErrorCodes(repositoryOf({ ...complete, ...replaced })));

  test('are complete', () => expect(check({})).toEqual([]));

  test('a code without a heading, and a heading without a code', () => {
    expect(check({ 'docs/errors.md': '## `value-invalid`\nconfigure\n## `too-new`\n' })).toEqual([
      "docs/errors.md no heading for 'too-old'",
      "docs/errors.md 'too-new' is no error code",
    ]);
  });

  test('a section that does not name the kind', () => {
    expect(check({ 'docs/errors.md': '## `value-invalid`\nclosed\n## `too-old`\nclosed\n' })).toEqual([
      "docs/errors.md the section of 'value-invalid' does not name its kind 'configure'",
    ]);
  });

  test('a code without a test; a longer code does not count', () => {
    expect(check({ 'packages/state-core/test/a.test.ts': "'config-value-invalid' 'too-old'" })).toEqual([
      `${table} no test provokes 'value-invalid'`,
    ]);
  });

  test('a code without a @throws; a longer code, another tag and plain code do not count', () => {
    const text =
      '/**\n * @throws StateError `config-value-invalid`, `too-old`.\n * @example value-invalid\n */\nexport const a = "@throws value-invalid";';
    expect(check({ 'packages/state-core/src/a.ts': text })).toEqual([`${table} no @throws names 'value-invalid'`]);
  });

  test('a missing page and a missing table', () => {
    expect(messagesOf(checkErrorCodes(repositoryOf({ [table]: complete[table] as string })))).toContain(
      'docs/errors.md missing',
    );
    expect(check({ [table]: 'export const other = {};' })).toEqual([`${table} no table STATE_ERROR_CODES found`]);
  });
});

describe('configuration options', () => {
  const source =
    "export const O = [durationOption({ key: 'a.timeout', defaultValue: '10 min', description: '' }), stringOption({ key: 'a.dir', description: '' }), integerOption({ key: 'a.count', defaultValue: 3, unit: 'checkpoints', description: '' })];";
  const rows = [
    '| Key | Type | Default | Unit | Meaning |',
    '| --- | --- | --- | --- | --- |',
    '| `a.timeout` | duration | `10 min` | ms | |',
    '| `a.dir` | string | none | | |',
    '| `a.count` | integer | 3 | checkpoints | |',
  ];
  const check = (page: readonly string[]): string[] =>
    messagesOf(
      checkConfigOptions(
        repositoryOf({ 'packages/state-core/src/a.ts': source, 'docs/configuration.md': page.join('\n') }),
      ),
    );

  test('are complete', () => expect(check(rows)).toEqual([]));

  test('an option that is missing, one too many', () => {
    expect(check([...rows.slice(0, 4), '| `a.other` | string | none | | |'])).toEqual([
      'packages/state-core/src/a.ts:1 a.count is not in the table of docs/configuration.md',
      'docs/configuration.md:5 a.other is no option',
    ]);
  });

  test('another default, another unit', () => {
    const wrong = [...rows.slice(0, 2), '| `a.timeout` | duration | 5 min | s | |', ...rows.slice(3)];
    expect(check(wrong)).toEqual([
      'docs/configuration.md:3 a.timeout: default is 10 min, the table says 5 min',
      'docs/configuration.md:3 a.timeout: unit is ms, the table says s',
    ]);
  });

  test('a default where there is none', () => {
    const wrong = rows.map((row) => row.replace('none', '/tmp'));
    expect(check(wrong)).toEqual(['docs/configuration.md:4 a.dir: default is none, the table says /tmp']);
  });

  test('a missing page', () => {
    const files = repositoryOf({ 'packages/state-core/src/a.ts': source });
    expect(messagesOf(checkConfigOptions(files))).toEqual(['docs/configuration.md missing; 3 options to document']);
  });
});

describe('package READMEs', () => {
  const readme =
    '# @tidemark/state\n\nState that survives `kill -9`, e.g. yours.\n\n## What can go wrong\n\n## Install\n\n```sh\n## no heading\n```\n\n## Example\n\n## Options\n\n## Guarantees\n\n## Errors\n\n## Decisions\n';
  const check = (text: string): string[] =>
    messagesOf(
      checkPackageReadmes(
        repositoryOf({ 'packages/state/package.json': manifestOf('state'), 'packages/state/README.md': text }),
      ),
    );

  test('in order', () => expect(check(readme.replace('e.g. ', ''))).toEqual([]));
  test('missing', () => {
    expect(
      messagesOf(checkPackageReadmes(repositoryOf({ 'packages/state/package.json': manifestOf('state') }))),
    ).toEqual(['packages/state/README.md missing']);
  });
  test('in another order', () => {
    expect(check(readme.replace('e.g. ', '').replace('## Install', '## Setup'))[0]).toContain(
      'sections must begin with What can go wrong',
    );
  });
  test('without a title, with two sentences, with none', () => {
    const one = readme.replace('e.g. ', '');
    expect(check(one.replace('# @tidemark/state\n', '# State\n'))).toEqual([
      'packages/state/README.md:1 must begin with "# @tidemark/state"',
    ]);
    expect(check(one.replace('yours.', 'yours. And more.'))).toEqual([
      'packages/state/README.md one sentence must follow the title; found 2',
    ]);
    expect(check(one.replace(/\nState that.*\n/, ''))).toEqual([
      'packages/state/README.md one sentence must follow the title; found 0',
    ]);
  });
});

describe('decision records', () => {
  const record =
    '# Title\n\nStatus: accepted\n\n## Context\n\n## Decision\n\n## Rejected alternatives\n\n## Consequence\n\n## How we would notice it was wrong\n';
  const check = (texts: Record<string, string>): string[] => messagesOf(checkDecisionRecords(repositoryOf(texts)));

  test('complete', () =>
    expect(check({ 'docs/decisions/0001-a-title.md': record, 'docs/decisions/README.md': '' })).toEqual([]));
  test.each([
    ['docs/decisions/1-title.md', record, 'must be named'],
    ['docs/decisions/0001-title.md', record.replace('accepted', 'done'), 'found done'],
    ['docs/decisions/0001-title.md', record.replace('Status: accepted', ''), 'found none'],
    ['docs/decisions/0001-title.md', record.replace('## Consequence\n', ''), 'sections must be'],
  ])('%s', (path, text, message) => expect(check({ [path]: text }).join()).toContain(message));
  test('a number used twice', () => {
    expect(check({ 'docs/decisions/0001-a.md': record, 'docs/decisions/0001-b.md': record })).toEqual([
      'docs/decisions/0001-b.md number 0001 is taken by docs/decisions/0001-a.md',
    ]);
  });
});
