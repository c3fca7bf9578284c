// A real snapshot, taken apart: what the attacks on snapshots begin with.
//
//   SC1. Nothing that an attack opens, writes or removes is a file of the machine, whatever scheme it names.

import { FileSystemCheckpointStorage } from '@tidemark/checkpoint-storage-filesystem';
import { HashMapStateBackend } from '@tidemark/state-backend-hashmap';
import type { SegmentReference } from '@tidemark/state-core/spi';
import { Ledger, RecordedDisk, SimulatedFileSystem, type StorageFiles } from '@tidemark/state-testkit';

/** The storage of the snapshot, on these files alone (SC1). */
export function storageOn(files: StorageFiles): FileSystemCheckpointStorage {
  return new FileSystemCheckpointStorage({
    directory: 'sim:///base/checkpoints',
    fileStateSizeThresholdBytes: 0,
    fileSystems: { sim: files, file: files },
  });
}

/** A file and its path. */
export interface CorpusFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The snapshot and its files. */
export interface SnapshotCorpus {
  readonly disk: RecordedDisk;
  readonly files: readonly CorpusFile[];
  /** The metadata of the newest checkpoint. */
  readonly newest: CorpusFile;
  /** How often the program had worked. */
  readonly version: number;
}

const CONFIG = { 'execution.checkpointing.incremental': 'true', 'execution.checkpointing.num-retained': '2' };

/** Opens the program on these files. */
export function openLedger(files: StorageFiles, seed: number): Promise<Ledger> {
  const backend = new HashMapStateBackend();
  return Ledger.open({ name: 'ledger', storage: storageOn(files), backend, seed, config: CONFIG });
}

/** Takes three checkpoints, of which the last two are kept: the first of them is what is fallen back to. */
export async function createSnapshotCorpus(): Promise<SnapshotCorpus> {
  const recorded = new RecordedDisk();
  const ledger = await openLedger(new SimulatedFileSystem(recorded), 1);
  for (let index = 0; index < 3; index++) {
    ledger.work();
    ledger.work();
    await ledger.checkpoint();
  }
  const { version } = ledger;
  await ledger.close();
  const disk = recorded.settled();
  const files = await filesOf(new SimulatedFileSystem(disk), '/base');
  const newest = files.findLast(({ path }) => path.endsWith('/_metadata')) as CorpusFile;
  return { disk, files, newest, version };
}

async function filesOf(files: SimulatedFileSystem, directory: string): Promise<CorpusFile[]> {
  const found: CorpusFile[] = [];
  for (const { name, kind } of (await files.listDirectory(directory)) ?? []) {
    const path = `${directory}/${name}`;
    if (kind === 'directory') {
      found.push(...(await filesOf(files, path)));
      continue;
    }
    const reader = await files.openExisting(path);
    if (reader === undefined) continue;
    found.push({ path, bytes: await reader.read(0, reader.sizeBytes) });
    await reader.close();
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Every segment that metadata names, wherever it stands. */
export function segmentsIn(metadata: unknown): SegmentReference[] {
  if (typeof metadata !== 'object' || metadata === null || ArrayBuffer.isView(metadata)) return [];
  const own = 'uid' in metadata && 'stream' in metadata ? [metadata as SegmentReference] : [];
  return [...own, ...Object.values(metadata).flatMap(segmentsIn)];
}

/** Every place that the handles of metadata name; what later versions add is not looked into. */
export function locationsIn(data: unknown): string[] {
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data)) return [];
  const { kind, location } = data as { readonly kind?: unknown; readonly location?: unknown };
  const own = kind === 'file' && typeof location === 'string' ? [location] : [];
  // Schemas are plain data of whoever wrote them: a field of that name is no handle.
  const parts = Object.entries(data).filter(([name]) => name !== 'optional' && name !== 'serializer');
  return [...own, ...parts.flatMap(([, part]) => locationsIn(part))];
}

/** Where the files of the snapshot may lie. */
export const INSIDE: RegExp = /^sim:\/\/\/base\/checkpoints\/ledger\/(chk-\d+|shared|taskowned)\/[^/\0\\]+$/;
