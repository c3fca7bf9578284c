// The repository as it is. Each check is tried on small fixtures in the files beside this one.
import { describe, expect, test } from 'vitest';
import { checkAmbientUse, checkModuleShape } from '../src/banned-constructs.ts';
import { checkChangesets } from '../src/changesets.ts';
import { checkConfigOptions } from '../src/config-options.ts';
import { checkDecisionRecords } from '../src/decision-records.ts';
import { checkDependencyGraph } from '../src/dependency-graph.ts';
import { checkErrorCodes } from '../src/error-codes.ts';
import { checkFileLength } from '../src/file-length.ts';
import { checkLayering } from '../src/layering.ts';
import { checkLockfile, checkManifests } from '../src/manifests.ts';
import { checkFileNames, checkTypeNames } from '../src/names.ts';
import { checkDeepImports, checkPackageImports } from '../src/package-imports.ts';
import { checkPackageReadmes } from '../src/package-readmes.ts';
import { describeFindings, type Finding, type RepositoryFile, readRepository } from '../src/repository-files.ts';

const files = readRepository();

const checks: readonly [title: string, check: (files: readonly RepositoryFile[]) => readonly Finding[]][] = [
  ['folders import only lower layers', checkLayering],
  ['packages import only what the architecture allows', checkPackageImports],
  ['nothing reaches into another package', checkDeepImports],
  ['the dependency graph has no cycle', checkDependencyGraph],
  ['files are named in kebab case, without empty words', checkFileNames],
  ['exported types carry no empty words', checkTypeNames],
  ['time, randomness, timers, environment and console stay in the adapting folder', checkAmbientUse],
  ['no default exports, no top-level await', checkModuleShape],
  ['no long file without a reason', checkFileLength],
  ['every error code is documented, tested and named by a @throws', checkErrorCodes],
  ['every configuration option is in the docs table', checkConfigOptions],
  ['every package README has the same order', checkPackageReadmes],
  ['decision records are complete', checkDecisionRecords],
  ['every package has a changeset, every changeset a package', checkChangesets],
  ['package manifests are of one make', checkManifests],
  ['the lockfile names no registry', checkLockfile],
];

describe('the repository', () => {
  test('was found', () => {
    expect(files.filter(({ path }) => path.startsWith('packages/')).length).toBeGreaterThan(6);
  });

  test.each(checks)('%s', (_title, check) => {
    expect(describeFindings(check(files))).toBe('');
  });
});
