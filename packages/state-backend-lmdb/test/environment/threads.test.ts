import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { bundleProcess } from '../bundled-process.js';
import { temporaryDirectory } from '../temporary-environment.js';

async function messageOf(worker: Worker): Promise<{ readonly wrong: number; readonly share: number }> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

it('several stores in several threads of one process do not meet, and share one budget', {
  timeout: 60_000,
}, async () => {
  const directory = temporaryDirectory();
  const local = join(directory, 'local');
  const program = await bundleProcess('worker-thread', directory);
  const workers = [0, 1, 2].map(
    (number) => new Worker(program, { workerData: { directory: local, number, stores: 2 } }),
  );
  const messages = await Promise.all(workers.map(messageOf));
  expect(messages.map(({ wrong }) => wrong)).toEqual([0, 0, 0]);
  // Who was last knew of all; nobody thinks that it has more than the whole.
  expect(Math.min(...messages.map(({ share }) => share))).toBeLessThanOrEqual(500_000);
  expect(readdirSync(join(local, 'threads'))).toHaveLength(6);
  for (const worker of workers) worker.postMessage('close');
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))));
  expect(readdirSync(local)).toEqual([]);
});

it('a thread that is terminated with its stores open harms nobody', {
  timeout: 60_000,
}, async () => {
  const directory = temporaryDirectory();
  const local = join(directory, 'local');
  const program = await bundleProcess('worker-thread', directory);
  const start = (number: number): Worker =>
    new Worker(program, { workerData: { directory: local, number, stores: 2 } });
  const [stays, goes] = [start(0), start(1)];
  const worked = messageOf(stays);
  await messageOf(goes);
  await goes.terminate();
  expect(await worked).toMatchObject({ wrong: 0 });
  // The next attempt has another number; the directory of this one goes with the process.
  const next = start(2);
  expect(await messageOf(next)).toMatchObject({ wrong: 0 });
  for (const worker of [stays, next]) {
    worker.postMessage('close');
    await new Promise((resolve) => worker.once('exit', resolve));
  }
  expect(readdirSync(join(local, 'threads'))).toEqual(['operator_1_0_0-127_0', 'operator_1_1_0-127_0']);
});
