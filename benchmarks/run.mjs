// Bundles a benchmark from the sources of the packages and runs it: node run.mjs snapshot-pause [flags].
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const [name, ...flags] = process.argv.slice(2);
if (name === undefined) {
  console.error('usage: node run.mjs <name of a file in src> [flags]');
  process.exit(2);
}
const outfile = join(here, 'dist', `${name}.mjs`);
await build({
  entryPoints: [join(here, 'src', `${name}.ts`)],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  tsconfig: join(here, 'tsconfig.json'),
  logLevel: 'warning',
});
process.exit(spawnSync(process.execPath, ['--expose-gc', outfile, ...flags], { stdio: 'inherit' }).status ?? 1);
