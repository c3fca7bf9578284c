// The one place that says how a package becomes JavaScript: ESM, one file per entry, chunks shared between entries so that
// a class reached through `.` and through `./spi` is the same class.
import { defineConfig } from 'tsup';

/** Build settings of a package whose entries are the given files of its `src` folder. */
export function packageBuild(entry: readonly string[]): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry: entry.map((file) => `src/${file}`),
    format: ['esm'],
    platform: 'neutral',
    target: 'node20.19',
    tsconfig: '../../tools/config/tsconfig.build.json',
    dts: true,
    splitting: true,
    sourcemap: true,
    clean: true,
    // A dependency that is reached is never copied into our output, and a `node:` prefix stays as it was written.
    skipNodeModulesBundle: true,
    removeNodeProtocol: false,
    external: [/^node:/],
    outDir: 'dist',
  });
}

/** Build settings of a private program: JavaScript only. */
export function exampleBuild(entry: readonly string[]): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry: entry.map((file) => `src/${file}`),
    format: ['esm'],
    platform: 'node',
    target: 'node20.19',
    tsconfig: '../../tools/config/tsconfig.build.json',
    splitting: true,
    sourcemap: true,
    clean: true,
    skipNodeModulesBundle: true,
    removeNodeProtocol: false,
    outDir: 'dist',
  });
}
