// The files of checkpoints and of working state, in a process that dies at one of their steps.
//
//   KF1. Whatever goes wrong, nothing outside the directory of the run is made, changed or removed.
//   KF2. Nothing is forced to the disk: a kill takes nothing from the cache of the system. A sync is a step like others.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve, sep } from 'node:path';
import {
  type FileSystem,
  type FileSystemReader,
  type FileSystemWriter,
  NodeFileSystem,
} from '@tidemark/checkpoint-storage-filesystem';
import { killPoints } from './kill-points.js';

const STEPS: ReadonlySet<string> = new Set([
  'createDirectory',
  'listDirectory',
  'removeDirectory',
  'syncDirectory',
  'openNew',
  'openExisting',
  'link',
  'rename',
  'removeFile',
  'copyFile',
]);

/** What looks, or begins with a file that is open already. */
const HARMLESS: ReadonlySet<string> = new Set([
  ...['listDirectory', 'syncDirectory', 'openExisting', 'ftruncateSync', 'writeSync'],
]);

let root: string | undefined;

/** Nothing outside of this directory is touched from now on (KF1). */
export function confineTo(directory: string): void {
  root = resolve(directory) + sep;
}

function checkInside(name: string, given: readonly unknown[]): void {
  if (HARMLESS.has(name) || (name === 'openSync' && !/[awx+]/.test(String(given[1] ?? 'r')))) return;
  const paths =
    name === 'link' || name.startsWith('rename') || name === 'copyFile' ? given.slice(0, 2) : given.slice(0, 1);
  for (const path of paths)
    if (root === undefined || !resolve(String(path)).startsWith(root))
      throw new Error(`${name} of ${String(path)}, which is not in ${root}: nothing was done`);
}

type Call = (...given: unknown[]) => Promise<unknown>;

/** The files of the machine; `onPublished` hears of every snapshot that begins to exist. */
export function killingFileSystem(onPublished: () => void): FileSystem {
  return new Proxy(new NodeFileSystem(), {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      const call: Call = name === 'syncDirectory' ? nothing : member.bind(target);
      if (!STEPS.has(String(name))) return call;
      return async (...given: unknown[]) => {
        checkInside(String(name), given);
        const result = await asStep(call, given);
        if (name === 'link' && String(given[1]).endsWith('/_metadata')) onPublished();
        if (name === 'openNew' && result !== undefined) return killingWriter(result as FileSystemWriter);
        if (name === 'openExisting' && result !== undefined) return killingReader(result as FileSystemReader);
        return result;
      };
    },
  });
}

async function nothing(): Promise<void> {}

async function asStep(call: Call, given: readonly unknown[]): Promise<unknown> {
  const moment = killPoints.count('files');
  if (moment === 'before') killPoints.die();
  const result = call(...given);
  // Begun, and another thread is at it or will never be.
  if (moment === 'during') killPoints.die();
  try {
    return await result;
  } finally {
    if (moment === 'after') killPoints.die();
  }
}

function killingWriter(writer: FileSystemWriter): FileSystemWriter {
  return {
    async write(bytes) {
      const moment = killPoints.count('files');
      if (moment === 'before') killPoints.die();
      await writer.write(moment === 'during' ? bytes.subarray(0, bytes.length >> 1) : bytes);
      if (moment !== undefined) killPoints.die();
    },
    sync: () => asStep(nothing, []) as Promise<void>,
    close: () => writer.close(),
  };
}

function killingReader(reader: FileSystemReader): FileSystemReader {
  return {
    sizeBytes: reader.sizeBytes,
    read: (position, length) => asStep(() => reader.read(position, length), []) as Promise<Uint8Array>,
    close: () => reader.close(),
  };
}

const LOCAL_STEPS = [
  ...(['mkdirSync', 'renameSync', 'rmdirSync', 'rmSync', 'unlinkSync', 'writeFileSync'] as const),
  ...(['openSync', 'ftruncateSync', 'writeSync'] as const),
];

/** Replaces the synchronous functions of `node:fs`, with which working state is kept, in all of this process. */
export function killInLocalFiles(): void {
  const functions = fs as unknown as Record<string, (...given: unknown[]) => unknown>;
  for (const name of LOCAL_STEPS) {
    const plain = functions[name] as (...given: unknown[]) => unknown;
    functions[name] = (...given) => {
      checkInside(name, given);
      // The first that is heard of a copy: its lock file is made.
      if (name === 'writeFileSync' && isOfCopy(String(given[0]))) killPoints.enter('compaction');
      return killPoints.step('local', () => plain(...given));
    };
  }
  syncBuiltinESMExports();
}

function isOfCopy(path: string): boolean {
  const number = Number(/state-(\d+)\.mdb-lock$/.exec(path)?.[1]);
  return number > 1;
}
