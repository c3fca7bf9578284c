// The loop of a side in Node: reads commands from standard input and answers on standard output (SI1 to SI3 of side.ts).

import { createInterface } from 'node:readline';
import { collectGarbage, nowMs, startStopwatch } from '../ambient/process-clock.js';
import type { Figures } from './side.js';

/** One operation of a suite. */
export interface Operation {
  /** Makes `count` calls from call number `first` on. What it returns is used, so that no engine leaves the work out. */
  run(first: number, count: number): number;
  /** How many calls are made between two looks at the clock, where that matters: the length of a transaction. */
  readonly chunkCalls?: number;
  /** Takes back what calls 0 to `calls` of a round left. */
  undo?(calls: number): void;
}

/** The state that the operations of a suite run on. */
export interface Fixture {
  readonly operations: Readonly<Record<string, Operation>>;
  close(): Promise<void>;
}

/** What a side offers. */
export interface SideContent {
  createFixture(suite: string): Promise<Fixture>;
  /** @throws RangeError for what this side does not measure. */
  measure(what: string, entries: number): Promise<Figures>;
  close(): Promise<void>;
}

/** Calls between two looks at the clock. */
const CHUNK_CALLS = 500;

/** Serves commands until `exit` or the end of the input. */
export async function serveSide(content: SideContent): Promise<void> {
  let fixture: Fixture | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    const [command = '', ...words] = line.split(' ');
    if (command === 'exit') break;
    let figures: Figures;
    if (command === 'fixture') {
      await fixture?.close();
      fixture = await content.createFixture(words[0] as string);
      figures = { ready: 1 };
    } else if (command === 'round') {
      figures = runRound(operationOf(fixture, words[0] as string), Number(words[1]), Number(words[2]));
    } else {
      await fixture?.close();
      fixture = undefined;
      figures = await content.measure(command, Number(words[0]));
    }
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  }
  await fixture?.close();
  await content.close();
}

function operationOf(fixture: Fixture | undefined, name: string): Operation {
  const operation = fixture?.operations[name];
  if (operation === undefined) throw new RangeError(`no operation '${name}'`);
  return operation;
}

function runRound(operation: Operation, ms: number, callsMax: number): Figures {
  collectGarbage();
  // Collectors go on sweeping after they have returned, and leave the processor's caches cold.
  timeCalls(operation, ms, callsMax);
  return timeCalls(operation, ms, callsMax);
}

function timeCalls(operation: Operation, ms: number, callsMax: number): Figures {
  const { chunkCalls = CHUNK_CALLS } = operation;
  let calls = 0;
  let consumed = 0;
  const elapsed = startStopwatch();
  const endMs = nowMs() + ms;
  do {
    const count = Math.min(chunkCalls, callsMax - calls);
    consumed += operation.run(calls, count);
    calls += count;
  } while (calls < callsMax && nowMs() < endMs);
  const { wallMs, cpuMs } = elapsed();
  operation.undo?.(calls);
  return { calls, wallMs, cpuMs, consumed: Number.isFinite(consumed) ? 1 : 0 };
}
