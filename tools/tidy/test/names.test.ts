import { expect, test } from 'vitest';
import { checkFileNames, checkTypeNames } from '../src/names.ts';
import { messagesOf, repositoryOf } from './fixture.ts';

test('refuses file names in another case and with empty words', () => {
  expect(
    messagesOf(
      checkFileNames(
        repositoryOf({
          'packages/state/src/key-group-range.ts': '',
          'packages/state/test/golden-bytes.property.test.ts': '',
          'packages/checkpoint-storage-jobmanager/src/jobmanager-options.ts': '',
          'packages/state/src/KeyGroup.ts': '',
          'packages/state/src/state_utils.ts': '',
          'packages/state/src/helpers/a.ts': '',
          'packages/state/src/state-manager.ts': '',
        }),
      ),
    ),
  ).toEqual([
    'packages/state/src/KeyGroup.ts KeyGroup.ts is not in kebab case',
    'packages/state/src/state_utils.ts state_utils.ts is not in kebab case',
    "packages/state/src/helpers/a.ts the name says 'helpers': say what it is instead",
    "packages/state/src/state-manager.ts the name says 'manager': say what it is instead",
  ]);
});

test('refuses exported types with empty words', () => {
  const text = [
    'export abstract class AbstractState {}',
    'export interface IState {}',
    'export type StateImpl = string;',
    'export enum CommonKind {}',
    'class BaseState {}',
    'export interface IOError {}',
    'export class JobManagerCheckpointStorage {}',
    'export class StateManager {}',
    'export type Database = string;',
  ].join('\n');
  expect(messagesOf(checkTypeNames(repositoryOf({ 'packages/state/src/a.ts': text })))).toEqual([
    "packages/state/src/a.ts:1 AbstractState says 'abstract': say what it is instead",
    'packages/state/src/a.ts:2 IState: interfaces carry no I in front',
    "packages/state/src/a.ts:3 StateImpl says 'impl': say what it is instead",
    "packages/state/src/a.ts:4 CommonKind says 'common': say what it is instead",
    "packages/state/src/a.ts:8 StateManager says 'manager': say what it is instead",
  ]);
});
