// What a start must have removed, and what it must not have left: looked for in the files themselves.
//
//   LO1. The first name of a metadata file may be left beside the second; it goes with the checkpoint.

import { basename, relative } from 'node:path';
import { silentLogger, systemClock, systemRandom } from '@tidemark/state-core';
import { readCheckpointMetadata } from '@tidemark/state-core/support';
import type { Findings, Subject } from './kill-order.js';
import { filesIn, placesOf, storageOf } from './ledger-job.js';

/** Records that a job keeps of its last owners, and of those that each checkpoint names: also of one that was left behind. */
const OWNER_FILES = 18;
const OWNER_FILES_OF_CHECKPOINT = 6;

/** Notes what is in the directory of the job and belongs to no checkpoint of it. @returns The pointers of those that are there. */
export async function judgeCheckpoints(subject: Subject, when: string, findings: Findings): Promise<string[]> {
  const { checkpoints, job } = placesOf(subject.directory);
  const view = await storageOf(checkpoints).createCoordinatorView({
    jobId: 'ledger',
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
  const named = new Set<string>();
  const pointers: string[] = [];
  try {
    for (const { published, externalPointer, checkpointId } of (await view.list()).checkpoints) {
      if (!published) {
        findings.leaked.push(`${when}: chk-${checkpointId} has no metadata`);
        continue;
      }
      const resolved = await view.resolveCheckpoint(externalPointer);
      const text = JSON.stringify(readCheckpointMetadata(await resolved.readMetadata(), resolved));
      for (const name of text.match(/[0-9a-f]{32}/g) ?? []) named.add(name);
      pointers.push(externalPointer);
    }
  } finally {
    await view.close();
  }
  const files = filesIn(job).map((path) => relative(job, path));
  for (const path of files) {
    const name = basename(path);
    const isKnown =
      /^owner-\d+[-a-z0-9]*$/.test(path) ||
      /^claim-[0-9a-f]{32}$/.test(path) ||
      /^(shared|taskowned)\/?$/.test(path) ||
      /^chk-\d+\/_metadata(\.[0-9a-f]+\.tmp)?$/.test(path) ||
      (/^(shared|chk-\d+)\/[0-9a-f]{32}$/.test(path) && named.has(name));
    if (!isKnown && !path.endsWith('/')) findings.leaked.push(`${when}: ${path} belongs to no checkpoint`);
    if (!isKnown && path.endsWith('/')) findings.leaked.push(`${when}: ${path} is an empty directory`);
  }
  const owners = files.filter((path) => path.startsWith('owner-')).length;
  if (owners > OWNER_FILES + OWNER_FILES_OF_CHECKPOINT * pointers.length)
    findings.leaked.push(`${when}: ${owners} records of owners`);
  return pointers;
}

/** Notes what is in the local directory besides the working state of so many backends. */
export function judgeLocal(subject: Subject, backends: number, when: string, findings: Findings): void {
  const { local } = placesOf(subject.directory);
  const files = filesIn(local).filter((path) => path !== `${local}/`);
  const others = files.filter((path) => basename(path) !== 'owner.json');
  const expected = subject.backend === 'lmdb' ? backends : 0;
  if (files.length - others.length !== expected || others.length > 0)
    findings.leaked.push(
      `${when}: ${files.map((path) => relative(local, path)).join(', ') || 'nothing'} in the local directory`,
    );
}
