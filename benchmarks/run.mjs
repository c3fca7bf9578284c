// Bundles a benchmark from the sources of the packages and runs it: node benchmarks/run.mjs <name of a file in src> [flags].
// A benchmark that runs its sides in processes of their own has a second file, <name>-side.ts, which is bundled with it.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, '../packages');
const [name, ...flags] = process.argv.slice(2);
const source = join(here, 'src', `${name}.ts`);
if (name === undefined || !existsSync(source)) {
  console.error('usage: node benchmarks/run.mjs <name of a file in benchmarks/src> [flags]');
  process.exit(2);
}

/** The module that imports a state backend of the workspace by name: every one that is there, by its source. */
const workspaceStateBackends = {
  name: 'workspace-state-backends',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^workspace-state-backends$/ }, ({ path }) => ({ path, namespace: 'workspace' }));
    onLoad({ filter: /.*/, namespace: 'workspace' }, () => {
      const cases = readdirSync(packages)
        .map((folder) => [folder, join(packages, folder, 'src', 'index.ts')])
        .filter(([folder, entry]) => folder.startsWith('state-backend-') && existsSync(entry))
        .map(([folder, entry]) => `'@tidemark/${folder}': () => import(${JSON.stringify(entry)}),`);
      const contents = `const backends = {${cases.join('\n')}};
        export const importStateBackend = (specifier) => {
          const load = backends[specifier];
          if (load !== undefined) return load();
          const error = new Error('no package ' + specifier + ' in this workspace');
          return Promise.reject(Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' }));
        };`;
      return { contents, resolveDir: here };
    });
  },
};

const side = join(here, 'src', `${name}-side.ts`);
await build({
  entryPoints: existsSync(side) ? [source, side] : [source],
  outdir: join(here, 'dist'),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Finds its native library beside itself.
  external: ['lmdb'],
  plugins: [workspaceStateBackends],
  tsconfig: join(here, 'tsconfig.json'),
  logLevel: 'warning',
});
const program = join(here, 'dist', `${name}.mjs`);
process.exit(spawnSync(process.execPath, ['--expose-gc', program, ...flags], { stdio: 'inherit' }).status ?? 1);
