// Text from outside: configuration files, settings, pointers to snapshots, references in metadata.

import { type FileSystem, FileSystemCheckpointStorage, NodeFileSystem } from '@tidemark/checkpoint-storage-filesystem';
import { parseConfiguration } from '@tidemark/state';
import {
  Configuration,
  configurationFromEnvironment,
  silentLogger,
  systemClock,
  systemRandom,
} from '@tidemark/state-core';
import {
  type FuzzTarget,
  HOSTILE_NAMES,
  mutateBytes,
  mutateJson,
  type SeededRandom,
  SimulatedFileSystem,
} from '@tidemark/state-testkit';
import { type CorpusFile, INSIDE, type SnapshotCorpus, storageOn } from './snapshot-corpus.js';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

const CONFIGURATION_CODES: readonly string[] = [
  'config-file-invalid',
  'config-value-invalid',
  'config-key-unknown',
  'config-key-unsupported',
];

/** Longer files are refused before they are parsed. */
const CONFIGURATION_FILE_BYTES_MAX = 1024 * 1024;

const YAML: readonly string[] = [
  'state:\n  backend:\n    type: hashmap\nexecution.checkpointing.dir: file:///tmp/x\n',
  'execution:\n  checkpointing:\n    interval: 10 s\n    incremental: true\n    num-retained: 3\n# comment\nlist: [a, b, "c"]\n',
  '"quoted key": \'single\'\nanchor: &a text\nfolded: >\n  one\n  two\n? complex\n: value\n',
];
const JSON_FILE = '{"state": {"backend": {"type": "hashmap"}}, "execution.checkpointing.dir": "./x"}';

const YAML_TOKENS: readonly string[] = [
  '&a ',
  '*a',
  '<<: *a\n',
  '!!js/function x',
  '!!binary aGk=',
  '!!set {a, b}',
  '---\n',
  '...\n',
  '__proto__: {x: 1}\n',
  'constructor:\n  prototype:\n    x: 1\n',
  '\0',
  '\t',
  '? ',
  '{',
  '[',
  ': ',
  '%YAML 1.1\n',
  '1e999',
  '.nan',
  '0x7fffffffffffffffff',
  '~',
  '\ufeff',
  '  ',
];

function withTokens(text: string, tokens: readonly string[], random: SeededRandom): string {
  let result = text;
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = random.below(result.length + 1);
    const times = random.chance(0.05) ? 1 + random.below(500) : 1;
    const rest = result.slice(at + (random.chance(0.3) ? random.below(10) : 0));
    result = result.slice(0, at) + random.pick(tokens).repeat(times) + rest;
  }
  return result;
}

const configurationFiles: FuzzTarget = {
  name: 'configuration files',
  weight: 6,
  accepted: CONFIGURATION_CODES,
  damage(random) {
    if (random.chance(0.2)) {
      return encoder.encode(mutateJson(JSON_FILE, random)).slice(0, CONFIGURATION_FILE_BYTES_MAX);
    }
    const bytes = encoder.encode(withTokens(random.pick(YAML), YAML_TOKENS, random));
    return random.chance(0.3) ? mutateBytes(bytes, bytes, random) : bytes;
  },
  read(input) {
    const configuration = parseConfiguration(decoder.decode(input), 'tidemark.yaml');
    for (const key of configuration.keys()) key.toUpperCase();
    return 'a configuration';
  },
};

const settings: FuzzTarget = {
  name: 'settings',
  weight: 4,
  accepted: CONFIGURATION_CODES,
  damage: (random) => encoder.encode(mutateJson(JSON_FILE, random)),
  read(input) {
    const parsed: unknown = JSON.parse(decoder.decode(input));
    let configuration: Configuration;
    try {
      configuration = Configuration.from(parsed as never);
    } catch (error) {
      // What code hands over and is no setting at all is a wrong argument.
      if (error instanceof TypeError) return 'a wrong argument';
      throw error;
    }
    for (const key of configuration.keys()) key.toUpperCase();
    const names = typeof parsed === 'object' && parsed !== null ? Object.keys(parsed) : [];
    configurationFromEnvironment(Object.fromEntries(names.map((name) => [`TIDEMARK_${name}`, 'value'])));
    return 'settings';
  },
};

const POINTERS: readonly string[] = [
  'sim:///base/checkpoints/ledger/chk-3',
  'sim:///base/checkpoints/ledger/chk-3/_metadata',
  '/base/checkpoints',
  'sim:///',
  'file:///tmp/none',
];
const PATH_TOKENS: readonly string[] = [
  ...HOSTILE_NAMES,
  '/../',
  '../',
  './',
  '//',
  '%2e%2e/',
  '%00',
  '\0',
  '?',
  '#',
  'sim://',
  'file:',
  '\\',
  ' ',
  '_metadata',
  'chk-0',
  'chk-99999999999999999999',
];

/** The files of the machine, for looking at only: whatever else is called fails the input. */
function lookingOnly(): FileSystem {
  const allowed = new Set(['pathOf', 'uriOf', 'status', 'realPath', 'openExisting', 'listDirectory']);
  return new Proxy(new NodeFileSystem(), {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (allowed.has(String(name))) return value.bind(target);
      return () => {
        throw new Error(`${String(name)} of a file of the machine`);
      };
    },
  });
}

export async function pointerTargets(corpus: SnapshotCorpus): Promise<readonly FuzzTarget[]> {
  const parameters = { jobId: 'ledger', clock: systemClock, random: systemRandom, logger: silentLogger };
  const simulated = new SimulatedFileSystem(corpus.disk);
  const mixed = new FileSystemCheckpointStorage({
    directory: 'sim:///base/checkpoints',
    fileSystems: { sim: simulated, file: lookingOnly() },
  });
  const coordinator = await mixed.createCoordinatorView(parameters);
  const confined = await storageOn(simulated).createCoordinatorView(parameters);
  const resolved = await confined.resolveCheckpoint(`sim://${corpus.newest.path}`);
  const shared = corpus.files.find(({ path }) => path.includes('/shared/')) as CorpusFile;
  const references = [
    resolved.referenceOf(`sim://${shared.path}`),
    'abcdef0123456789',
    '../taskowned/0123',
    'entropy/ab/chk-3/0123',
  ];
  return [
    {
      name: 'pointers',
      weight: 4,
      accepted: ['checkpoint-not-found', 'file-system-scheme-unknown'],
      damage: (random) => encoder.encode(withTokens(random.pick(POINTERS), PATH_TOKENS, random)),
      async read(input) {
        const pointer = decoder.decode(input);
        if (pointer.trim() === '') return 'nothing';
        const found = await coordinator.resolveCheckpoint(pointer);
        found.locationOf('0123');
        return 'a snapshot';
      },
    },
    {
      name: 'references',
      weight: 4,
      damage: (random) => encoder.encode(withTokens(random.pick(references), PATH_TOKENS, random)),
      async read(input) {
        const location = resolved.locationOf(decoder.decode(input));
        if (!INSIDE.test(location)) throw new Error(`a way out of the snapshot: ${location}`);
        const stream = await confined.openInput({ kind: 'file', location, sizeBytes: shared.bytes.length });
        await stream.close();
        return 'a file';
      },
    },
  ];
}

export const TEXT_TARGETS: readonly FuzzTarget[] = [configurationFiles, settings];
