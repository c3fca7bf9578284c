// The job: reads flights from where the last checkpoint left off, keeps the state of every route, takes a checkpoint
// every 100,000 flights. It may be killed at any moment; what it had not checkpointed is read again.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isStateError, type OpenState, openState, safeInteger, string, struct } from '@tidemark/state';
import { routeOf } from './flight.js';
import { FlightFile } from './flight-file.js';
import type { JobCommand, JobMessage, JobSettings } from './job-messages.js';
import { addFlight, routeStates, summarize } from './route-states.js';

const CHECKPOINT_EVERY_FLIGHTS = 100_000;
// The loop belongs to the flights; the checkpoint writer and the messages get it this often.
const YIELD_EVERY_FLIGHTS = 1_000;

/** Where to resume: stored in every checkpoint, together with the state that belongs to it. */
const Position = struct({ nextRecord: safeInteger });

/** The open state of the job. */
type FlightState = OpenState<string, typeof routeStates, { nextRecord: number }>;

/** Runs the job to its end, or until it is told to stop. */
export async function runJob(
  settings: JobSettings,
  tell: (message: JobMessage) => void,
  onCommand: (handler: (command: JobCommand) => void) => void,
): Promise<void> {
  let stopRequested = false;
  onCommand((command) => {
    stopRequested ||= command.type === 'stop';
  });

  const startedMs = performance.now();
  await using state = await openState({
    name: 'flight-delays',
    states: routeStates,
    keySerializer: string,
    attachmentSerializer: Position,
    config: {
      'state.backend': settings.stateBackend,
      'execution.checkpointing.storage': 'filesystem',
      'execution.checkpointing.dir': settings.checkpointDirectory,
    },
    restore: 'latest',
  });
  const firstRecord = state.restored?.attachment?.nextRecord ?? 0;
  if (firstRecord > settings.limit) {
    tell({ type: 'beyond-limit', record: firstRecord });
    return;
  }
  tell({
    type: 'started',
    record: firstRecord,
    restoredCheckpoint: state.restored?.checkpointId,
    restoreMs: performance.now() - startedMs,
    skipped: state.restored?.skipped ?? [],
  });

  let record = firstRecord;
  let running: Promise<void> | undefined;
  const checkpoint = async (): Promise<number> => {
    const nextRecord = record;
    const report = await state.checkpoint({ attachment: { nextRecord } });
    tell({
      type: 'checkpoint',
      checkpointId: report.checkpointId,
      record: nextRecord,
      durationMs: report.durationMs,
      freezeMs: report.freezeMs,
      bytes: report.checkpointedSizeBytes,
    });
    return report.checkpointId;
  };

  const file = await FlightFile.open();
  const end = Math.min(settings.limit, file.numberOfFlights);
  for await (const { flights } of file.read(firstRecord, end)) {
    for (const flight of flights) {
      state.withKey(routeOf(flight), (states) => addFlight(flight, states));
      record++;
      if (record % CHECKPOINT_EVERY_FLIGHTS === 0 && record < end) {
        // The state is frozen before this returns; it is written while the next flights are processed.
        await running;
        running = checkpoint().then(() => {});
      }
      if (record % YIELD_EVERY_FLIGHTS === 0) {
        tell({ type: 'progress', record });
        await nextTurn();
        if (stopRequested) break;
      }
    }
    if (stopRequested) break;
  }
  await running;
  const checkpointId = await checkpoint();
  if (stopRequested && record < end) {
    tell({ type: 'stopped', record, checkpointId });
    return;
  }
  const routes = await writeSummaries(state, settings.summariesFile);
  tell({ type: 'finished', record, routes });
}

async function writeSummaries(state: FlightState, path: string): Promise<number> {
  const output = createWriteStream(path);
  const routes = [...state.keys('summary')].sort();
  for (const route of routes) {
    const line = JSON.stringify(state.withKey(route, (states) => summarize(route, states)));
    if (!output.write(`${line}\n`)) await once(output, 'drain');
  }
  output.end();
  await once(output, 'finish');
  return routes.length;
}

// Started with a channel to the watching program, and the settings as the only argument.
if (process.send !== undefined) {
  const settings = JSON.parse(process.argv[2] ?? '{}') as JobSettings;
  // Ctrl-C reaches the whole group of processes; the watching program decides what it means.
  process.on('SIGINT', () => {});
  const tell = (message: JobMessage): void => void process.send?.(message);
  const onCommand = (handler: (command: JobCommand) => void): void => void process.on('message', handler);
  runJob(settings, tell, onCommand).then(
    () => process.disconnect(),
    (error: unknown) => {
      process.stderr.write(
        `${isStateError(error) ? `${error.code}: ${error.message}` : String((error as Error).stack ?? error)}\n`,
      );
      process.exitCode = 1;
      process.disconnect();
    },
  );
}
