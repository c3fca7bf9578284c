// The entry for authors of backends, storages and serializers: suites, faults, streams in memory.

export { MemoryCheckpointStreams } from './memory/memory-checkpoint-streams.js';
