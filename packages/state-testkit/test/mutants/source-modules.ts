// Links the sources of this repository in memory, once as they are and again with one text replaced.
//
//   SM1. A file is compiled once. A world with a fault has fresh instances of the file with the fault and of all that
//        imports it, directly or not; everything else is the instance of the world without faults, so that classes and
//        errors are the same for both.
//   SM2. No world can reach a disk, a network or a process: of the modules of Node only those are given that compute.
//        What removes a wrong path has no real path within reach.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { Script } from 'node:vm';
import { transformSync } from 'esbuild';

/** One text of one file, and what stands in its place. */
export interface SourceChange {
  /** From the root of the repository. */
  readonly file: string;
  /** Must occur exactly once. */
  readonly find: string;
  readonly replace: string;
}

type Exports = Record<string, unknown>;
type Instantiate = (exports: Exports, require: (name: string) => unknown, module: { exports: Exports }) => void;

interface CompiledModule {
  readonly instantiate: Instantiate;
  /** Absolute paths by the name that is imported. */
  readonly imports: ReadonlyMap<string, string>;
}

/** Modules of Node that compute and touch nothing. */
const HARMLESS: ReadonlySet<string> = new Set(['node:crypto', 'node:path', 'node:url', 'node:util', 'node:buffer']);

const requireOfNode: NodeJS.Require = createRequire(import.meta.url);

/** Modules that are linked with each other. */
export interface World {
  /** What a package of ours exports: `load('@tidemark/state-core/spi')`. */
  load<M>(specifier: string): M;
}

/** The compiled sources. */
export class SourceModules implements World {
  readonly #repository: string;
  readonly #entries: ReadonlyMap<string, string>;
  readonly #compiled: Map<string, CompiledModule> = new Map();
  readonly #instances: Map<string, { exports: Exports }> = new Map();

  constructor(repository: string) {
    this.#repository = repository;
    this.#entries = entriesOf(repository);
  }

  load<M>(specifier: string): M {
    return this.#link(this.#entry(specifier), this.#instances, () => false) as M;
  }

  /** @throws RangeError when the text to replace is not there exactly once. */
  withChange(change: SourceChange): World {
    const file = join(this.#repository, change.file);
    const source = readFileSync(file, 'utf8');
    const found = source.split(change.find).length - 1;
    if (found !== 1) throw new RangeError(`${change.file} has the text ${found} times: ${change.find}`);
    const changed = this.#compile(
      file,
      source.replace(change.find, () => change.replace),
    );
    const instances = new Map<string, { exports: Exports }>();
    const depends = new Map<string, boolean>();
    const isFresh = (path: string): boolean => {
      const known = depends.get(path);
      if (known !== undefined) return known;
      // A circle depends on what its members depend on; the one that asked answers for it.
      depends.set(path, false);
      const answer = path === file || [...this.#module(path).imports.values()].some(isFresh);
      depends.set(path, answer);
      return answer;
    };
    return {
      load: <M>(specifier: string): M =>
        this.#link(this.#entry(specifier), instances, isFresh, new Map([[file, changed]])) as M,
    };
  }

  #entry(specifier: string): string {
    const entry = this.#entries.get(specifier);
    if (entry === undefined) throw new RangeError(`no package of ours is called ${specifier}`);
    return entry;
  }

  #link(
    path: string,
    instances: Map<string, { exports: Exports }>,
    isFresh: (path: string) => boolean,
    changed: ReadonlyMap<string, CompiledModule> = new Map(),
  ): Exports {
    const isBase = instances === this.#instances;
    if (!isBase && !isFresh(path)) return this.#link(path, this.#instances, () => false);
    const known = instances.get(path);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    instances.set(path, module);
    const { instantiate, imports } = changed.get(path) ?? this.#module(path);
    const require = (name: string): unknown => {
      const target = imports.get(name);
      if (target !== undefined) return this.#link(target, instances, isFresh, changed);
      return HARMLESS.has(name) ? requireOfNode(name) : sealed(name);
    };
    instantiate(module.exports, require, module);
    return module.exports;
  }

  #module(path: string): CompiledModule {
    let compiled = this.#compiled.get(path);
    if (compiled === undefined) {
      compiled = this.#compile(path, readFileSync(path, 'utf8'));
      this.#compiled.set(path, compiled);
    }
    return compiled;
  }

  #compile(path: string, source: string): CompiledModule {
    const { code } = transformSync(source, {
      loader: 'ts',
      format: 'cjs',
      target: 'node20',
      sourcefile: path,
      sourcemap: 'inline',
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    });
    const imports = new Map<string, string>();
    for (const [, name] of code.matchAll(/require\("([^"]+)"\)/g)) {
      const target = this.#targetOf(path, name as string);
      if (target !== undefined) imports.set(name as string, target);
    }
    const script = new Script(`(function (exports, require, module) {${code}\n})`, { filename: path });
    return { instantiate: script.runInThisContext() as Instantiate, imports };
  }

  #targetOf(path: string, name: string): string | undefined {
    if (name.startsWith('.')) return resolve(dirname(path), name).replace(/\.js$/, '.ts');
    return this.#entries.get(name);
  }
}

function entriesOf(repository: string): ReadonlyMap<string, string> {
  const folder = join(repository, 'tools/config');
  const text = readFileSync(join(folder, 'tsconfig.dev.json'), 'utf8').replace(/^\s*\/\/.*$/gm, '');
  const paths: Record<string, [string]> = JSON.parse(text).compilerOptions.paths;
  return new Map(Object.entries(paths).map(([name, [file]]) => [name, resolve(folder, file)]));
}

/** A module of which everything can be imported and nothing works (SM2). */
function sealed(name: string): unknown {
  return new Proxy(
    {},
    {
      get: (_target, member) => {
        // What a module loader asks of a module.
        if (typeof member === 'symbol' || member === '__esModule' || member === 'default') return undefined;
        return () => {
          throw new Error(`${name} is out of reach here; ${member} was called`);
        };
      },
    },
  );
}
