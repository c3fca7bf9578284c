// What a benchmark says about the place it ran on: a figure without its machine is no figure.

import { cpus, totalmem } from 'node:os';

/** One line for the head of a benchmark's report: Node, processor, cores, memory. */
export function describeMachine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() || process.arch;
  const memoryGiB = (totalmem() / 2 ** 30).toFixed(0);
  return `Node ${process.version} on ${process.platform}, ${model}, ${processors.length} cores, ${memoryGiB} GiB`;
}
