// Every place that reads what others may have written.

import type { FuzzTarget } from '@tidemark/state-testkit';
import { SERIALIZER_TARGETS } from './serializer-targets.js';
import { createSnapshotCorpus } from './snapshot-corpus.js';
import { metadataTarget, operatorStateTarget, segmentTarget } from './snapshot-targets.js';
import { pointerTargets, TEXT_TARGETS } from './text-targets.js';
import { localStoreTarget, wholeRestoreTarget } from './whole-targets.js';

/** All targets. */
export async function hostileTargets(): Promise<readonly FuzzTarget[]> {
  const corpus = await createSnapshotCorpus();
  return [
    ...SERIALIZER_TARGETS,
    await metadataTarget(corpus),
    await segmentTarget(corpus),
    await operatorStateTarget(),
    wholeRestoreTarget(corpus),
    localStoreTarget,
    ...TEXT_TARGETS,
    ...(await pointerTargets(corpus)),
  ];
}
