// The one place that says how tests are found and run. Every package of ours resolves to its source here, as in
// tsconfig.dev.json, so that a test never sees a stale build.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProjectInlineConfiguration, ViteUserConfig } from 'vitest/config';
import { testSuite } from './test-runs.ts';

const repository = resolve(fileURLToPath(import.meta.url), '../../..');

/** Which files belong to which suite. The ordinary suite runs every sort but the one that is long by nature. */
const includeBySuite: Readonly<Record<string, readonly string[]>> = {
  default: ['test/**/*.test.ts'],
  long: ['test/**/*.long.test.ts'],
  crash: ['test/**/*.crash.test.ts'],
  fuzz: ['test/**/*.fuzz.test.ts'],
  simulation: ['test/**/*.simulation.test.ts'],
};
const excludeFromDefault = ['test/**/*.long.test.ts'];

/** A sixty-minute suite must not be ended by the limit that suits a unit test. */
const testTimeoutMs = { default: 60_000, long: 3_600_000 };

function sourceAliases(): { find: RegExp; replacement: string }[] {
  const text = readFileSync(join(repository, 'tools/config/tsconfig.dev.json'), 'utf8').replace(/^\s*\/\/.*$/gm, '');
  const paths: Record<string, string[]> = JSON.parse(text).compilerOptions.paths;
  return Object.entries(paths).map(([name, [file]]) => ({
    find: new RegExp(`^${name.replaceAll('/', '\\/')}$`),
    replacement: resolve(repository, 'tools/config', String(file)),
  }));
}

function folders(parent: string): string[] {
  const path = join(repository, parent);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(path, entry.name, 'package.json')))
    .map((entry) => `${parent}/${entry.name}`)
    .sort();
}

/** One vitest project per workspace folder that has a `test` folder; its name is the package's name. */
export function testProjects(): TestProjectInlineConfiguration[] {
  const suite = testSuite();
  const include = includeBySuite[suite];
  if (include === undefined) {
    throw new RangeError(`TIDEMARK_SUITE=${suite} is none of ${Object.keys(includeBySuite).join(', ')}`);
  }
  const alias = sourceAliases();
  return [...folders('packages'), ...folders('examples'), ...folders('tools'), 'benchmarks']
    .filter((folder) => existsSync(join(repository, folder, 'test')))
    .map((folder) => ({
      resolve: { alias },
      test: {
        name: JSON.parse(readFileSync(join(repository, folder, 'package.json'), 'utf8')).name,
        root: join(repository, folder),
        environment: 'node',
        include: [...include],
        exclude: suite === 'default' ? excludeFromDefault : [],
        testTimeout: suite === 'default' ? testTimeoutMs.default : testTimeoutMs.long,
        hookTimeout: testTimeoutMs.default,
        setupFiles: [join(repository, 'tools/config/vitest.setup.ts')],
        restoreMocks: true,
        unstubEnvs: true,
      },
    }));
}

/** Settings of the root run. */
export const rootConfiguration: ViteUserConfig = {
  test: {
    projects: testProjects(),
    pool: 'forks',
    // A long suite has its files by the number of cores; ordinarily one core is left to whoever waits.
    ...(testSuite() === 'long' ? { maxWorkers: '100%' } : {}),
    passWithNoTests: false,
    dangerouslyIgnoreUnhandledErrors: false,
  },
};
