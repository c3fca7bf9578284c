// Every stream that a snapshot names: what must stay as long as the snapshot may be restored.

import type { StreamStateHandle } from '../handle/stream-state-handle.js';
import type { CheckpointMetadata } from './checkpoint-metadata.js';

/** The streams that the metadata of a snapshot names, each as often as it is named. */
export function checkpointStreams({ operators }: Pick<CheckpointMetadata, 'operators'>): StreamStateHandle[] {
  const streams: StreamStateHandle[] = [];
  for (const { subtasks, coordinator } of operators) {
    if (coordinator !== undefined) streams.push(coordinator);
    for (const { keyed, operator, rawKeyed, rawOperator } of subtasks) {
      for (const { segments } of keyed) streams.push(...segments.map(({ stream }) => stream));
      for (const { stream } of [...operator, ...rawKeyed, ...rawOperator]) streams.push(stream);
    }
  }
  return streams;
}
